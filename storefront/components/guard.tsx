import { Component, type ComponentChildren } from 'preact'
import { commonWords } from '../words/common.ts'
import { Lost } from './lost.tsx'

interface Props {
  path: string
  children: ComponentChildren
}

/** Shows that a page broke, until another one is asked for. */
export class Guard extends Component<Props, { brokenPath?: string }> {
  override componentDidCatch() {
    this.setState({ brokenPath: this.props.path })
  }

  override render() {
    return this.state.brokenPath === this.props.path ? <Broken /> : this.props.children
  }
}

/** A page whose script is gone, as after a release, or that threw: only loading anew helps. */
export function Broken() {
  const words = commonWords.failed
  return (
    <Lost level={1} alert title={words.title} body={words.broken}>
      <button type='button' class='button' onClick={() => location.reload()}>
        {commonWords.reload}
      </button>
      <a class='button button-quiet' href='/'>{words.home}</a>
    </Lost>
  )
}
