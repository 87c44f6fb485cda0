export interface UserBody {
  id: string
  email: string
  emailVerified: boolean
  role: 'customer' | 'operator'
  createdAt: string
}
