import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api, type Session } from '../api.ts'
import { formatDateTime } from '../format.ts'
import { asProblem, type ProblemError } from '../problem_error.ts'
import { sessionsVersion } from '../sessions_changed.ts'
import { useLoad } from '../use_load.ts'
import { useLogInFirst } from '../use_log_in_first.ts'
import { sessionsWords } from '../words/account.ts'
import { ConfirmButton } from './confirm_button.tsx'
import { Loaded } from './loaded.tsx'
import { ProblemNotice } from './notice.tsx'
import { Setting } from './setting.tsx'

/** Every browser and program with access to the account, and how to end what should not have it. */
export function SessionsCard() {
  const words = sessionsWords
  const load = useLoad('sessions', api.getSessions)
  const logInFirst = useLogInFirst()
  const said = useSignal('')
  const failure = useSignal<ProblemError | undefined>(undefined)

  useEffect(() => {
    if (sessionsVersion.value > 0) load.reload()
  }, [sessionsVersion.value])

  /** What is gone already counts as ended. */
  async function end(call: Promise<void>, done: string) {
    said.value = ''
    failure.value = undefined
    try {
      await call
      said.value = done
    } catch (thrown) {
      const error = asProblem(thrown)
      if (logInFirst(error)) return
      if (error.problem.status === 404) said.value = done
      else failure.value = error
    }
    load.reload()
    document.getElementById('sessions-heading')?.focus()
  }

  return (
    <Setting id='sessions' heading={words.heading} about={words.about}>
      {failure.value && <ProblemNotice error={failure.value} />}
      <p class='said' role='status'>{said.value}</p>
      <Loaded load={load}>
        {(sessions) => (
          <>
            <ul class='sessions'>
              {sessions.map((session) => (
                <Row
                  key={session.id}
                  session={session}
                  onEnd={() => end(api.endSession(session.id), words.ended(nameOf(session)))}
                />
              ))}
            </ul>
            {sessions.length === 1 ? <p class='field-help'>{words.onlyThis}</p> : (
              <ConfirmButton
                label={words.endOthers}
                question={words.endOthersConfirm}
                yes={words.yes}
                no={words.no}
                act={() => end(api.endOtherSessions(), words.endedOthers)}
              />
            )}
          </>
        )}
      </Loaded>
    </Setting>
  )
}

function Row({ session, onEnd }: { session: Session; onEnd(): Promise<void> }) {
  const { userAgent, createdAt, lastUsedAt, current } = session
  const words = sessionsWords
  const name = nameOf(session)
  return (
    <li class='session' data-testid='session'>
      <div>
        <p class='session-device' title={userAgent}>
          <strong>{name}</strong>
          {current && <span class='status status-active'>{words.thisDevice}</span>}
        </p>
        <p class='field-help'>
          {words.used(formatDateTime(lastUsedAt))} · {words.since(formatDateTime(createdAt))}
        </p>
      </div>
      {!current && (
        <ConfirmButton
          label={words.end}
          name={words.endOne(name)}
          question={words.endOneConfirm(name)}
          yes={words.yes}
          no={words.no}
          act={onEnd}
        />
      )}
    </li>
  )
}

/** Browsers all call themselves Mozilla and much else; of a program its own name says most. */
function nameOf({ device, userAgent }: Session): string {
  if (!userAgent || userAgent.startsWith('Mozilla/')) return device
  return sessionsWords.program(device, userAgent)
}
