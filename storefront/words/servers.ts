import type { ServerStatus } from '../../api/servers/status.ts'

export const serversWords = {
  title: 'My servers',
  emptyHeading: 'No servers yet',
  empty: 'A server appears here as soon as it is paid.',
  choose: 'See the plans',
  addressOf: (name: string) => `the address of ${name}`,
}

export const serverWords = {
  back: 'My servers',
  address: 'Address to join',
  addressHelp: 'Enter it in the game, or the voice client, to join.',
  noAddress: 'The address appears here once the server is installed.',
  panelHeading: 'Game panel',
  panel: 'Open the panel',
  panelHelp: 'Console, files and start and stop are on the panel. It opens in a new tab.',
  limits: 'What it has',
  region: 'Region',
  order: 'See its order',
  story: 'What happened so far',
  created: 'Ordered',
  active: 'Running since',
}

export const serverLabels: Record<ServerStatus, string> = {
  pending: 'Waiting',
  installing: 'Installing',
  install_failed: 'Install failed',
  active: 'Running',
  suspended: 'Suspended',
  deleting: 'Being deleted',
  deleted: 'Deleted',
}
