/**
 * The eggs that a fresh panel 1.11 comes with, as far as they matter to a shop: names, images,
 * startup commands, and the variables with their defaults and rules. Install scripts are left out.
 */

export interface StockEgg {
  name: string
  description: string
  dockerImages: Record<string, string>
  startup: string
  stop: string
  /** The line of the console that says "running". */
  startupDone: string
  features?: string[]
  variables: StockVariable[]
}

type StockVariable = [
  envVariable: string,
  name: string,
  defaultValue: string,
  rules: string,
  /** What the owner of the server may do; absent: change it. */
  access?: 'viewable' | 'hidden',
]

const javaImages = {
  'Java 21': 'ghcr.io/pterodactyl/yolks:java_21',
  'Java 17': 'ghcr.io/pterodactyl/yolks:java_17',
  'Java 16': 'ghcr.io/pterodactyl/yolks:java_16',
  'Java 11': 'ghcr.io/pterodactyl/yolks:java_11',
  'Java 8': 'ghcr.io/pterodactyl/yolks:java_8',
}

const javaDone = ')! For help, type '

const jarFile: StockVariable = [
  'SERVER_JARFILE',
  'Server Jar File',
  'server.jar',
  'required|regex:/^([\\w\\d._-]+)(\\.jar)$/',
]

const vanilla: StockEgg = {
  name: 'Vanilla Minecraft',
  description: 'The server of Minecraft: Java Edition as its makers publish it.',
  dockerImages: javaImages,
  startup: 'java -Xms128M -XX:MaxRAMPercentage=95.0 -jar {{SERVER_JARFILE}}',
  stop: 'stop',
  startupDone: javaDone,
  variables: [
    jarFile,
    ['VANILLA_VERSION', 'Server Version', 'latest', 'required|string|between:3,15'],
  ],
}

const paper: StockEgg = {
  name: 'Paper',
  description: 'A faster Minecraft server that runs Bukkit and Spigot plugins.',
  dockerImages: javaImages,
  startup: 'java -Xms128M -XX:MaxRAMPercentage=95.0 -Dterminal.jline=false -Dterminal.ansi=true ' +
    '-jar {{SERVER_JARFILE}}',
  stop: 'stop',
  startupDone: javaDone,
  variables: [
    ['MINECRAFT_VERSION', 'Minecraft Version', 'latest', 'nullable|string|max:20'],
    jarFile,
    ['DL_PATH', 'Download Path', '', 'nullable|string', 'hidden'],
    ['BUILD_NUMBER', 'Build Number', 'latest', 'required|string|max:20'],
  ],
}

const forge: StockEgg = {
  name: 'Forge Minecraft',
  description: 'A Minecraft server that runs Forge mods.',
  dockerImages: javaImages,
  startup: 'java -Xms128M -XX:MaxRAMPercentage=95.0 -Dterminal.jline=false -Dterminal.ansi=true ' +
    '$( [[  ! -f unix_args.txt ]] && printf %s "-jar {{SERVER_JARFILE}}" || ' +
    'printf %s "@unix_args.txt" )',
  stop: 'stop',
  startupDone: javaDone,
  variables: [
    jarFile,
    ['MC_VERSION', 'Minecraft Version', 'latest', 'required|string|max:9'],
    ['BUILD_TYPE', 'Build Type', 'recommended', 'required|string|in:recommended,latest'],
    ['FORGE_VERSION', 'Forge Version', '', 'nullable|regex:/^[0-9\\.\\-]+$/'],
  ],
}

const rust: StockEgg = {
  name: 'Rust',
  description: 'A dedicated server of Rust, with or without a modding framework.',
  dockerImages: { 'ghcr.io/pterodactyl/games:rust': 'ghcr.io/pterodactyl/games:rust' },
  startup: './RustDedicated -batchmode +server.port {{SERVER_PORT}} ' +
    '+server.queryport {{QUERY_PORT}} +server.identity "rust" +rcon.port {{RCON_PORT}} ' +
    '+rcon.web true +server.hostname \\"{{HOSTNAME}}\\" +server.level \\"{{LEVEL}}\\" ' +
    '+server.description \\"{{DESCRIPTION}}\\" +server.url \\"{{SERVER_URL}}\\" ' +
    '+server.headerimage \\"{{SERVER_IMG}}\\" +server.logoimage \\"{{SERVER_LOGO}}\\" ' +
    '+server.maxplayers {{MAX_PLAYERS}} +rcon.password \\"{{RCON_PASS}}\\" ' +
    '+server.saveinterval {{SAVEINTERVAL}} +app.port {{APP_PORT}}  ' +
    '$( [ -z ${MAP_URL} ] && printf %s "+server.worldsize \\"{{WORLD_SIZE}}\\" ' +
    '+server.seed \\"{{WORLD_SEED}}\\"" || printf %s "+server.levelurl {{MAP_URL}}" ) ' +
    '{{ADDITIONAL_ARGS}}',
  stop: 'quit',
  startupDone: 'Server startup complete',
  variables: [
    ['HOSTNAME', 'Server Name', 'A Rust Server', 'required|string|max:60'],
    ['FRAMEWORK', 'Modding Framework', 'vanilla', 'required|in:vanilla,oxide,carbon'],
    ['LEVEL', 'Level', 'Procedural Map', 'required|string|max:20'],
    ['DESCRIPTION', 'Description', 'Powered by Pterodactyl', 'required|string'],
    ['SERVER_URL', 'URL', 'http://pterodactyl.io', 'nullable|url'],
    ['WORLD_SIZE', 'World Size', '3000', 'required|integer'],
    ['WORLD_SEED', 'World Seed', '', 'nullable|string'],
    ['MAX_PLAYERS', 'Max Players', '40', 'required|integer'],
    ['SERVER_IMG', 'Server Image', '', 'nullable|url'],
    ['QUERY_PORT', 'Query Port', '27017', 'required|integer', 'viewable'],
    ['RCON_PORT', 'RCON Port', '28016', 'required|integer', 'viewable'],
    // Required without a default: a create that sends only defaults is refused.
    ['RCON_PASS', 'RCON Password', '', 'required|regex:/^[\\w.-]*$/|max:64'],
    ['SAVEINTERVAL', 'Save Interval', '60', 'required|integer'],
    ['ADDITIONAL_ARGS', 'Additional Arguments', '', 'nullable|string'],
    ['APP_PORT', 'App Port', '28082', 'required|integer', 'viewable'],
    ['SERVER_LOGO', 'Server Logo', '', 'nullable|url'],
    ['MAP_URL', 'Custom Map URL', '', 'nullable|url'],
  ],
}

const garrysMod: StockEgg = {
  name: 'Garrys Mod',
  description: "A dedicated server of Garry's Mod.",
  dockerImages: { 'ghcr.io/pterodactyl/games:source': 'ghcr.io/pterodactyl/games:source' },
  startup: './srcds_run -game garrysmod -console -port {{SERVER_PORT}} +ip 0.0.0.0 ' +
    '+host_workshop_collection {{WORKSHOP_ID}} +map {{SRCDS_MAP}} +gamemode {{GAMEMODE}} ' +
    '-strictportbind -norestart +sv_setsteamaccount {{STEAM_ACC}} +maxplayers {{MAX_PLAYERS}}  ' +
    '-tickrate {{TICKRATE}}  ' +
    '$( [ "$LUA_REFRESH" == "1" ] || printf %s \'-disableluarefresh\' )',
  stop: 'quit',
  startupDone: 'gameserver Steam ID',
  variables: [
    ['SRCDS_MAP', 'Map', 'gm_flatgrass', 'required|string|alpha_dash'],
    ['STEAM_ACC', 'Steam Account Token', '', 'nullable|string|alpha_num|size:32'],
    ['SRCDS_APPID', 'Source AppID', '4020', 'required|string|max:20', 'hidden'],
    ['WORKSHOP_ID', 'Workshop ID', '', 'nullable|integer'],
    ['GAMEMODE', 'Gamemode', 'sandbox', 'required|string'],
    ['MAX_PLAYERS', 'Max Players', '32', 'required|integer|max:128'],
    ['TICKRATE', 'Tickrate', '22', 'required|integer|max:100'],
    ['LUA_REFRESH', 'Lua Refresh', '0', 'required|boolean'],
  ],
}

const teamspeak: StockEgg = {
  name: 'Teamspeak3 Server',
  description: 'A voice server for TeamSpeak 3 clients.',
  dockerImages: { 'ghcr.io/pterodactyl/yolks:debian': 'ghcr.io/pterodactyl/yolks:debian' },
  startup: './ts3server default_voice_port={{SERVER_PORT}} query_port={{QUERY_PORT}} ' +
    'filetransfer_ip=0.0.0.0 filetransfer_port={{FILE_TRANSFER}} query_http_port={{QUERY_HTTP}} ' +
    'query_ssh_port={{QUERY_SSH}} query_protocols={{QUERY_PROTOCOLS_VAR}} license_accepted=1',
  stop: '^C',
  startupDone: 'listening on 0.0.0.0:',
  variables: [
    ['TS_VERSION', 'Server Version', 'latest', 'required|string|max:6'],
    ['FILE_TRANSFER', 'File Transfer Port', '30033', portRules(), 'viewable'],
    ['QUERY_PORT', 'Query Port', '10011', portRules(), 'viewable'],
    ['QUERY_PROTOCOLS_VAR', 'Query Protocols', 'raw,http,ssh', 'required|string|max:12'],
    ['QUERY_SSH', 'Query SSH Port', '10022', portRules(), 'viewable'],
    ['QUERY_HTTP', 'Query HTTP Port', '10080', portRules(), 'viewable'],
  ],
}

/** By nest, in the panel's own spelling. */
export const stockNests: Record<string, StockEgg[]> = {
  Minecraft: [vanilla, paper, forge],
  'Source Engine': [garrysMod],
  'Voice Servers': [teamspeak],
  Rust: [rust],
}

function portRules(): string {
  return 'required|integer|between:1025,65535'
}
