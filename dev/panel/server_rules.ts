import type { Server } from './model.ts'
import type { PanelStore } from './store.ts'
import { idOf, same } from './text.ts'
import { exists, type RuleSet, unique } from './validation.ts'

/** The rules of a server's columns, which every request that writes one picks from. */

export const image = 'required|string|max:191|regex:/^[\\w.\\/\\-:@ ]*$/'

export const limits = {
  memory: 'numeric|min:0',
  swap: 'numeric|min:-1',
  io: 'numeric|between:10,1000',
  cpu: 'numeric|min:0',
  disk: 'numeric|min:0',
} as const

export const featureLimits: RuleSet = {
  feature_limits: ['required|array'],
  'feature_limits.databases': ['present|nullable|integer|min:0'],
  'feature_limits.allocations': ['nullable|integer|min:0'],
  'feature_limits.backups': ['present|nullable|integer|min:0'],
}

export function externalId(store: PanelStore, self?: Server): RuleSet[string] {
  const others = store.servers.rows.filter((row) => row !== self)
  return [
    'nullable|string|between:1,191',
    unique((value) => others.some((row) => same(row.externalId, value))),
  ]
}

export function owner(store: PanelStore): RuleSet[string] {
  return [
    'required|integer',
    exists((value) => store.users.find(idOf(String(value))) !== undefined),
  ]
}

export function egg(store: PanelStore): RuleSet[string] {
  return ['required', exists((value) => store.eggs.find(idOf(String(value))) !== undefined)]
}
