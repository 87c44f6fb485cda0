import { type ComponentChild, options, render } from 'preact'

/**
 * Draws with Preact where there is no browser: the global `document` can make nodes and nothing else,
 * so whoever asks it, or `window` or `location`, for more while drawing fails. Effects never run.
 * Returns the HTML.
 */
export function drawWithoutBrowser(vnode: ComponentChild): string {
  const root = new BareNode('root')
  const globals = ['document', 'localStorage', 'sessionStorage', 'location', 'navigator']
  const before = globals.map((name) =>
    [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
  )
  options.requestAnimationFrame = () => {}
  for (const name of globals) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => refuse(name),
    })
  }
  Object.defineProperty(globalThis, 'document', { configurable: true, value: maker })
  try {
    render(vnode, root)
    const html = root.children.map(htmlOf).join('')
    // Left in place it would draw itself again when a signal changes.
    render(null, root)
    return html
  } finally {
    for (const [name, descriptor] of before) {
      Reflect.deleteProperty(globalThis, name)
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
    }
  }
}

const maker = new Proxy({
  createElement: (name: string) => new BareNode(name),
  createElementNS: (_: string | null, name: string) => new BareNode(name),
  createTextNode: (data: string) => new BareNode('#text', data),
}, {
  get: (target, name, receiver) =>
    name in target ? Reflect.get(target, name, receiver) : refuse(`document.${String(name)}`),
  set: (_, name) => refuse(`document.${String(name)}`),
})

function refuse(name: string): never {
  throw new Error(`Cannot draw on a server as ${name} is used`)
}

class BareNode {
  children: BareNode[] = []
  attributes: Record<string, string> = {}
  parentNode: BareNode | null = null
  style: Record<string, string> = {}
  readonly nodeType: number
  readonly localName: string
  readonly namespaceURI = 'http://www.w3.org/1999/xhtml'
  data: string

  constructor(name: string, data = '') {
    this.nodeType = name === '#text' ? 3 : 1
    this.localName = name
    this.data = data
  }

  get childNodes() {
    return this.children
  }

  get firstChild() {
    return this.children[0] ?? null
  }

  get nextSibling() {
    const siblings = this.parentNode?.children ?? []
    return siblings[siblings.indexOf(this) + 1] ?? null
  }

  appendChild(node: BareNode) {
    return this.insertBefore(node, null)
  }

  insertBefore(node: BareNode, before: BareNode | null) {
    node.remove()
    const at = before ? this.children.indexOf(before) : this.children.length
    this.children.splice(at, 0, node)
    node.parentNode = this
    return node
  }

  removeChild(node: BareNode) {
    this.children = this.children.filter((each) => each !== node)
    node.parentNode = null
    return node
  }

  remove() {
    this.parentNode?.removeChild(this)
  }

  setAttribute(name: string, value: unknown) {
    this.attributes[name] = String(value)
  }

  removeAttribute(name: string) {
    delete this.attributes[name]
  }

  contains(node: unknown): boolean {
    return node === this || this.children.some((child) => child.contains(node))
  }

  addEventListener() {}
  removeEventListener() {}
}

function htmlOf({ localName, data, attributes, children }: BareNode): string {
  if (localName === '#text') return data
  const pairs = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`)
  return `<${localName}${pairs.join('')}>${children.map(htmlOf).join('')}</${localName}>`
}
