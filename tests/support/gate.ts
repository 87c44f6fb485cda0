import type { Gate } from '../../api/panel/gate.ts'

/** Lets every call pass, for tests of the client alone. */
export const freeGate: Gate = {
  enter: () => Promise.resolve({ leave: () => Promise.resolve() }),
}
