/** Stands in for 250 KB of Amazon's certificates in the Worker's bundle: Hyperdrive does the TLS. */
export const ca: string[] = []
