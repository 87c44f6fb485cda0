import { explain, print, readArguments, readEnvironment } from '../cli.ts'
import { examine, exitCodeOf } from './doctor.ts'
import { openPatient } from './patient.ts'
import { printReport } from './report.ts'
import { recordRestore } from './restore.ts'

const USAGE = `deno task doctor   looks at the whole shop and says what is wrong and how to mend it
  --json       the findings as JSON
  --offline    ask the database alone, as after a restore
  --restored   write down that a backup was restored and looked at now
Exit code: 0 all is well, 1 something to look at, 2 something does not work`

/** `deno task doctor`; returns the exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const { values } = readArguments(args, {
      json: { type: 'boolean', default: false },
      offline: { type: 'boolean', default: false },
      restored: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    }, USAGE)
    if (values.help) return print(USAGE, 0)
    const patient = openPatient(readEnvironment())
    if (values.restored && patient.db) await recordRestore(patient.db)
    const findings = await examine(patient, { offline: values.offline })
    const exitCode = exitCodeOf(findings)
    const report = { exitCode, findings }
    const text = values.json ? JSON.stringify(report, null, 2) : printReport(findings)
    // A report is no complaint, whatever it says.
    print(text, 0)
    // Ends with the process: a database that hangs is not waited for.
    return exitCode
  } catch (error) {
    return print(explain(error, []), 2)
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args))
