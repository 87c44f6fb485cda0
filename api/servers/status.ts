/** Every allowed move of a server; the guard, the documentation and the test all read this table. */
export const serverMoves = {
  pending: ['installing', 'deleting'],
  installing: ['active', 'install_failed', 'deleting'],
  install_failed: ['installing', 'deleting'],
  active: ['suspended', 'deleting'],
  suspended: ['active', 'deleting'],
  deleting: ['deleted'],
  deleted: [],
} as const satisfies Record<string, readonly string[]>

export type ServerStatus = keyof typeof serverMoves
