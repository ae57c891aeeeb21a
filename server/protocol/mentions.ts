// Who the @names of a text are: people of this instance from the database, others stored or found by WebFinger within a time budget.
import type { Ctx } from '../context.ts'
import type { TextPart } from '../core/text.ts'
import type { ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { findActorByHandle } from './actors.ts'
import type { MayAsk } from './resolve.ts'

/** The citizen waits for this: whoever is not found by then stays plain text. */
const BUDGET_MS = 4000
/** Names of one text; more is a list, not a conversation. */
const MAX_MENTIONS = 20
/** Names that may each cost requests to another server. */
const MAX_LOOKUPS = 6

export interface Mentions {
  /** Distinct actors, in the order of the text. */
  actors: ActorRow[]
  find(username: string, host: string | null): ActorRow | null
}

/**
 * Finds the people mentioned. Throws for no name: whom nobody answers to, or `mayAsk` forbids to ask about, stays plain text. Null: only
 * people known here are found.
 */
export async function findMentions(ctx: Ctx, parts: TextPart[], mayAsk: MayAsk | null): Promise<Mentions> {
  const named = new Map<string, { username: string; host: string | null }>()
  for (const part of parts) if (part.kind === 'mention' && named.size < MAX_MENTIONS) named.set(keyOf(ctx, part.username, part.host), part)
  const found = await findStored(ctx, [...named.keys()])
  if (mayAsk !== null) {
    const unknown = [...named].filter(([key, { host }]) => !found.has(key) && host !== null && !isOurs(ctx, host)).slice(0, MAX_LOOKUPS)
    await Promise.all(
      unknown.map(async ([key, { username, host }]) => {
        const actor = await lookUp(ctx, `${username}@${host}`, mayAsk)
        if (actor !== null) found.set(key, actor)
      })
    )
  }
  const actors = [...new Map([...named.keys()].flatMap((key) => found.get(key) ?? []).map((actor) => [actor.id, actor])).values()]
  return { actors, find: (username, host) => found.get(keyOf(ctx, username, host)) ?? null }
}

function keyOf(ctx: Ctx, username: string, host: string | null): string {
  const domain = host === null || isOurs(ctx, host) ? requireSite(ctx).accountDomain : host
  return `${username}@${domain}`.toLowerCase()
}

function isOurs(ctx: Ctx, host: string): boolean {
  const site = requireSite(ctx)
  return host.toLowerCase() === site.accountDomain || host.toLowerCase() === site.host
}

/** Plan: actors_handle, one probe a name. */
async function findStored(ctx: Ctx, keys: string[]): Promise<Map<string, ActorRow>> {
  if (keys.length === 0) return new Map()
  const names = keys.map((key) => key.slice(0, key.indexOf('@')))
  const domains = keys.map((key) => key.slice(key.indexOf('@') + 1))
  const rows = await ctx
    .db<ActorRow>('actors')
    .whereRaw('(lower(username), lower(domain)) in (select * from unnest(?::text[], ?::text[]))', [names, domains])
    .whereNull('deleted_at')
    .whereNull('suspended_at')
    .where('handle_verified', true)
  return new Map(rows.map((row) => [`${row.username}@${row.domain}`.toLowerCase(), row]))
}

async function lookUp(ctx: Ctx, handle: string, mayAsk: MayAsk): Promise<ActorRow | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), BUDGET_MS)
  })
  try {
    // A look-up that comes late still stores the actor: the next mention finds it.
    const search = findActorByHandle(ctx, handle, { mayAsk }).catch(() => null)
    return await Promise.race([search, late])
  } finally {
    clearTimeout(timer)
  }
}
