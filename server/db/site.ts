// The commune this instance belongs to, kept in `settings`. Features decide it at set-up; everyone reads it through requireSite().
import type { Knex } from 'knex'
import type { Ctx, Site } from '../context.ts'
import { AppError } from '../core/errors.ts'

const KEY = 'site'

/** The stored site, put into the context too, or null before set-up. */
export async function loadSite(ctx: Ctx): Promise<Site | null> {
  const row = await ctx.db('settings').where({ key: KEY }).first<{ value: Site } | undefined>('value')
  ctx.site = row?.value ?? null
  return ctx.site
}

/** The site of a context. Throws site.not-set-up (503) before set-up. */
export function requireSite(ctx: Ctx): Site {
  if (ctx.site !== null) return ctx.site
  throw new AppError('site.not-set-up', 503, 'This instance is not set up yet.', { retryAfterSeconds: 60 })
}

/** Writes the site. The caller sets ctx.site after the commit (loadSite). */
export async function saveSite(ctx: Ctx, trx: Knex, site: Site): Promise<void> {
  const row = { key: KEY, value: JSON.stringify(site), updated_at: ctx.clock.now() }
  await trx('settings').insert(row).onConflict('key').merge()
}
