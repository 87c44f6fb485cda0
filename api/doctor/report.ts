import type { Finding } from './check.ts'

/** The report for people: a line a check, with what to do where something is not as it should be. */
export function printReport(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ id }) => id.length))
  const lines = findings.map(({ id, what, status, skipped, seen, wanted, mend }) => {
    const sign = skipped ? 'skip' : status
    const line = `${sign.padEnd(5)}${id.padEnd(width + 2)}${what}: ${seen}`
    return mend ? `${line} | wanted: ${wanted} | to mend: ${mend}` : line
  })
  return [...lines, '', summary(findings)].join('\n')
}

function summary(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) =>
    findings.filter((finding) => finding.status === status && !finding.skipped).length
  const skipped = findings.filter((finding) => finding.skipped).length
  return `${count('ok')} ok, ${count('warn')} to look at, ${
    count('fail')
  } failed, ${skipped} skipped`
}
