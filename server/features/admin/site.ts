// What administrators change of the site after set-up. Addresses and actors never change here.
import type { Ctx, Site } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { paragraphs } from '../../core/plain-text.ts'
import { checkCountry, checkLevels, type UpperLevel } from '../../core/upper-levels.ts'
import { loadSite, requireSite, saveSite } from '../../db/site.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'

export interface SiteChanges {
  name?: string
  description?: string
  registrations?: Site['registrations']
  latitude?: number
  longitude?: number
  country?: string
  above?: UpperLevel[]
}

/**
 * Changes the site; when what its profile says changed, the commune's actor follows and is federated.
 * Throws setup.name, territory.country, territory.levels, territory.by-code (422).
 */
export async function updateSite(ctx: Ctx, changes: SiteChanges): Promise<Site> {
  const site = { ...requireSite(ctx), ...given(changes) }
  site.name = site.name.trim()
  if (site.name === '') throw new AppError('setup.name', 422, 'Please give the name of the commune.', { details: { field: 'name' } })
  if (changes.country !== undefined) site.country = checkCountry(changes.country)
  if (changes.above !== undefined) site.above = checkLevels(changes.above)
  if (site.insee !== '' && ((site.country ?? 'FR') !== 'FR' || (site.above ?? []).length > 0))
    throw new AppError('territory.by-code', 422, 'What the commune belongs to follows from its INSEE code.', {
      details: { field: 'country' }
    })
  await ctx.db.transaction(async (trx) => {
    await saveSite(ctx, trx, site)
    const isProfileChanged = [changes.name, changes.description, changes.country].some((change) => change !== undefined)
    if (!isProfileChanged) return
    await trx('actors')
      .where({ id: site.communeActorId })
      .update({ name: site.name, summary: paragraphs(site.description) })
    // The actor's document says the new site, which the context only knows after the commit.
    await publishActorUpdate({ ...ctx, site }, trx, site.communeActorId)
  })
  return (await loadSite(ctx))!
}

function given(changes: SiteChanges): Partial<Site> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<Site>
}
