// An account by its exact handle, among those known here. Never asks another server.
import type { Ctx } from '../../context.ts'
import { requireSite } from '../../db/site.ts'

/** Row id of the actor with this handle (`alice`, `@bob@host`), or null. Plan: actors_handle. */
export async function findByAcct(ctx: Ctx, acct: string): Promise<string | null> {
  const site = requireSite(ctx)
  const match = /^@?([^@\s]{1,128})(?:@([^@\s]{1,255}))?$/.exec(acct.trim())
  if (match === null) return null
  const wanted = (match[2] ?? site.accountDomain).toLowerCase()
  const domain = wanted === site.host ? site.accountDomain : wanted
  const row = await ctx
    .db('actors')
    .whereRaw('lower(username) = lower(?) and lower(domain) = ?', [match[1]!, domain])
    .whereNull('deleted_at')
    .orderByRaw('local desc, handle_verified desc, id')
    .first<{ id: string } | undefined>('id')
  return row?.id ?? null
}
