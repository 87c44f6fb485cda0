import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { type Ending, example, type ExampleStep, homeWords } from '../words/home.ts'
import { Choices } from './choice.tsx'
import { Dot } from './dot.tsx'
import { Icon } from './icon.tsx'
import { Island } from './island.tsx'

/** Slow enough to read a line before the next one comes. */
const STEP_MS = 1_100

const endings: Ending[] = ['server', 'refund']

/** An order acted out: the same beginning with either of its two endings, to choose from. */
export function OrderExample() {
  const ending = useSignal<Ending>('server')
  const { steps, last } = example[ending.value]
  const { figure, shown } = usePlay(ending.value, steps.length)
  const over = shown > steps.length
  return (
    <div class='example' ref={figure}>
      <div class='example-words'>
        <h2 id='promise-heading'>{homeWords.promiseHeading}</h2>
        <p class='lead'>{homeWords.promise}</p>
        <Choices
          name='example-ending'
          legend={homeWords.endingLabel}
          look='quiet'
          value={ending.value}
          choices={endings.map((value) => ({ value, label: example[value].choice }))}
          onChoose={(value) => ending.value = value === 'refund' ? 'refund' : 'server'}
        />
      </div>
      <figure class='card example-order' aria-label={homeWords.exampleLabel}>
        <Island beam={beamOf(ending.value, shown)} small />
        <ol class='timeline'>
          {steps.map((step, index) => <Step key={step.text} step={step} shown={index < shown} />)}
        </ol>
        <p class={`example-last example-${ending.value}${over ? '' : ' to-come'}`}>
          <Icon name={ending.value === 'server' ? 'check' : 'refund'} />
          {last}
        </p>
      </figure>
    </div>
  )
}

function Step({ step, shown }: { step: ExampleStep; shown: boolean }) {
  return (
    <li class={`step step-${step.level}${shown ? '' : ' to-come'}`}>
      <Dot level={step.level} />
      <p>{step.text}</p>
      <p class='step-at numbers'>{step.at}</p>
    </li>
  )
}

function beamOf(ending: Ending, shown: number) {
  if (shown < 2) return 'off'
  if (shown < 4) return 'working'
  return ending === 'server' ? 'lit' : 'off'
}

/**
 * How many lines are shown. All of them, until the example is seen: then they come one by one, and
 * again for another ending. Who asked for less motion sees all of them always.
 */
function usePlay(ending: Ending, count: number) {
  const figure = useRef<HTMLDivElement>(null)
  const shown = useSignal(count + 1)
  const seen = useSignal(false)

  useEffect(() => {
    if (!figure.current) return
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) seen.value = true
    }, { threshold: 0.5 })
    observer.observe(figure.current)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    shown.value = count + 1
    if (!seen.value || matchMedia('(prefers-reduced-motion: reduce)').matches) return
    shown.value = 1
    const timer = setInterval(() => {
      shown.value++
      if (shown.value > count) clearInterval(timer)
    }, STEP_MS)
    return () => clearInterval(timer)
  }, [ending, seen.value])

  return { figure, shown: shown.value }
}
