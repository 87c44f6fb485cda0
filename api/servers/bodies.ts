import type { ServerStatus } from './status.ts'

export interface ServerBody {
  id: string
  orderId: string
  name: string
  status: ServerStatus
  statusText: string
  planId: string
  planName: string
  gameId: string
  regionId: string
  regionName: string
  limits: { memoryMib: number; diskMib: number; cpuPercent: number }
  /** `host:port` as players type it, once known. */
  address: string | null
  /** The server's page on the panel, once it exists there. */
  panelUrl: string | null
  createdAt: string
  activeAt: string | null
}
