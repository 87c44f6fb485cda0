import { PanelFailure } from '../failure.ts'

/** No answer at all, or the HTTP status that Wings answers with. */
export type WingsFault = 'unreachable' | number

/** What Wings answers instead of doing as told. */
export class WingsFailure extends Error {
  readonly fault: WingsFault

  constructor(fault: WingsFault, text: string) {
    super(text)
    this.fault = fault
  }
}

/** The panel copies the status of Wings, so that a 404 or 422 here is not one of its own. */
export function daemonFailure({ fault, message }: WingsFailure): PanelFailure {
  if (fault === 'unreachable') return daemonAnswer(504, unreachable)
  if (fault >= 500) {
    return daemonAnswer(
      fault,
      'There was an error while communicating with the machine running this server. This error ' +
        `has been logged, please try again. (code: ${fault}) (request_id: ${REQUEST_ID})`,
    )
  }
  return daemonAnswer(
    fault,
    `An error occurred on the remote host: ${message}. (request id: ${REQUEST_ID})`,
  )
}

const REQUEST_ID = '0b6f4c0e-7a51-4d0f-9a63-2f6f8a7d1c55'

const unreachable =
  'Could not establish a connection to the machine running this server. Please try again.'

function daemonAnswer(status: number, detail: string): PanelFailure {
  return new PanelFailure(failureStatus(status), 'DaemonConnectionException', detail)
}

function failureStatus(status: number): PanelFailure['status'] {
  const known = [400, 401, 403, 404, 409, 422, 500, 502, 503, 504] as const
  const found = known.find((one) => one === status)
  if (!found) throw new Error(`Cannot play this fault of Wings as it is not known: ${status}`)
  return found
}
