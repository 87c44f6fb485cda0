import { Input } from './input.ts'
import type { Server } from './model.ts'
import { change, type PanelApp } from './panel.ts'
import { readEnvironment } from './server_environment.ts'
import * as rules from './server_rules.ts'
import { validate } from './validation.ts'
import { tokenIdOf } from './wings/token.ts'

/**
 * A full write: an omitted external id is cut, an omitted description emptied. A former owner loses
 * every open console.
 */
export function changeDetails(panel: PanelApp, server: Server, body: unknown): void {
  const { store } = panel
  validate(body, {
    external_id: rules.externalId(store, server),
    name: ['required|string|min:1|max:191'],
    user: rules.owner(store),
    description: ['nullable|string'],
  }, { user: 'User ID', name: 'Server Name' })
  const input = new Input(body)
  const formerOwnerId = server.ownerId
  change(panel, server, {
    externalId: input.text('external_id'),
    name: input.text('name') ?? '',
    ownerId: input.number('user') ?? 0,
    description: input.text('description') ?? '',
  })
  if (server.ownerId !== formerOwnerId) panel.wings.deny(tokenIdOf(formerOwnerId, server))
}

/**
 * A full write except for the environment: an empty one changes no variable and is not checked. The
 * node is not told; it asks at the next boot.
 */
export function changeStartup(panel: PanelApp, server: Server, body: unknown): void {
  const { store } = panel
  validate(body, {
    startup: ['required|string'],
    environment: ['present|array'],
    egg: rules.egg(store),
    image: [rules.image],
    skip_scripts: ['present|boolean'],
  })
  const input = new Input(body)
  const egg = store.eggs.get(input.id('egg'))
  const kept = egg.id === server.eggId ? server.environment : {}
  const environment = input.isEmpty('environment') ? kept : readEnvironment(store, egg, input)
  change(panel, server, {
    eggId: egg.id,
    nestId: egg.nestId,
    environment,
    startup: input.text('startup') ?? '',
    image: input.text('image') ?? '',
    skipScripts: input.flag('skip_scripts', false),
  })
}
