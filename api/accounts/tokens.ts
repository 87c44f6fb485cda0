// deno-lint-ignore-file -- replaced by the accounts part
export interface AccessTokens {}
