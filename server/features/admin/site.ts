// What administrators change of the site after set-up. Addresses and actors never change here.
import type { Ctx, Site } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { paragraphs } from '../../core/plain-text.ts'
import { loadSite, requireSite, saveSite } from '../../db/site.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'

export interface SiteChanges {
  name?: string
  description?: string
  registrations?: Site['registrations']
  latitude?: number
  longitude?: number
}

/** Changes the site; when its name or description changed, the commune's profile follows and is federated. Throws setup.name (422). */
export async function updateSite(ctx: Ctx, changes: SiteChanges): Promise<Site> {
  const site = { ...requireSite(ctx), ...given(changes) }
  site.name = site.name.trim()
  if (site.name === '') throw new AppError('setup.name', 422, 'Please give the name of the commune.', { details: { field: 'name' } })
  await ctx.db.transaction(async (trx) => {
    await saveSite(ctx, trx, site)
    const isProfileChanged = changes.name !== undefined || changes.description !== undefined
    if (!isProfileChanged) return
    await trx('actors')
      .where({ id: site.communeActorId })
      .update({ name: site.name, summary: paragraphs(site.description) })
    await publishActorUpdate(ctx, trx, site.communeActorId)
  })
  return (await loadSite(ctx))!
}

function given(changes: SiteChanges): Partial<Site> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<Site>
}
