// Options of the Fastify instance itself that the client APIs need: how queries are parsed and schemas enforced.
import { parseNested } from './nested-params.ts'

/** Unknown properties are refused by schemas that say so, never silently dropped (security.md W16); numbers in queries are text. */
export const AJV_OPTIONS = {
  customOptions: { removeAdditional: false, coerceTypes: 'array', useDefaults: true, allErrors: false }
} as const

/** Rails-like nesting of query parameters (Mastodon's clients send types[]=…). */
export const querystringParser = parseNested
