import type { ComponentChildren } from 'preact'
import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** A section of the account: what it is about, and its card. */
export function Setting(
  { id, heading, about, children }: {
    id: string
    heading: string
    about: string
    children: ComponentChildren
  },
) {
  return (
    <section class='setting' aria-labelledby={`${id}-heading`}>
      <div class='setting-head'>
        <h2 id={`${id}-heading`} tabIndex={-1}>{heading}</h2>
        <p>{about}</p>
      </div>
      <div class='card setting-card'>{children}</div>
    </section>
  )
}

interface EditableProps {
  /** On the button that opens the form. */
  label: string
  /** The form; `close` puts the button back in its place and says what was done, if anything. */
  children(close: (said?: string) => void): ComponentChildren
}

/** A form behind a button. Opening it moves the focus into the form, closing it back. */
export function Editable({ label, children }: EditableProps) {
  const open = useSignal(false)
  const said = useSignal('')
  const place = useRef<HTMLDivElement>(null)
  const drawn = useRef(false)

  useLayoutEffect(() => {
    const target = open.value ? 'input:not([hidden])' : 'button'
    if (drawn.current) place.current?.querySelector<HTMLElement>(target)?.focus()
    drawn.current = true
  }, [open.value])

  function show() {
    said.value = ''
    open.value = true
  }
  function close(done = '') {
    said.value = done
    open.value = false
  }

  return (
    <div class='editable' ref={place}>
      {open.value
        ? children(close)
        : <button type='button' class='button button-quiet' onClick={show}>{label}</button>}
      <p class='said' role='status'>{said.value}</p>
    </div>
  )
}
