// Set-up, once: the site, the instance's actor, the commune's actor and its first administrator, in one transaction.
import type { Knex } from 'knex'
import type { Ctx, Site } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { paragraphs } from '../../core/plain-text.ts'
import { usernameFromName } from '../../core/username.ts'
import type { AccountRow, ActorRow } from '../../db/rows.ts'
import { insertGroup } from '../../db/memberships.ts'
import { loadSite, saveSite } from '../../db/site.ts'
import { createLocalActor, prepareKeys } from '../../protocol/local-actors.ts'
import { insertPerson, preparePerson } from '../../protocol/local-person.ts'
import { checkSettings, type SetUpInput } from './settings.ts'

export type { SetUpInput } from './settings.ts'

export interface SetUpResult {
  site: Site
  account: AccountRow
  actor: ActorRow
}

/** One follows the commune; publishing in its name is for those it names (federation.md §1.5). */
const COMMUNE_GROUP = { openness: 'invite_only', posting: 'moderators' } as const
/** Any constant: only one set-up may run at a time on one database. */
const SETUP_LOCK = 735_001

/**
 * Sets the instance up and puts the site into the context. Refused when done (setup.done, 409).
 * Throws setup.* (422) with the field that is wrong, and the errors of a new account.
 */
export async function setUp(ctx: Ctx, input: SetUpInput): Promise<SetUpResult> {
  if ((await loadSite(ctx)) !== null) throw alreadyDone()
  const settings = checkSettings(withFixed(ctx, input))
  const [admin, communeKeys, instanceKeys] = await Promise.all([
    preparePerson({ ...input.admin, role: 'admin', locale: input.locale }, { allowReserved: true }),
    prepareKeys(),
    prepareKeys()
  ])
  const communeUsername = freeCommuneName(settings.name, admin.username)
  const result = await ctx.db.transaction(async (trx) => {
    await assertFirst(trx)
    // The actors' IRIs hang on the site, which the real context must not know before the commit.
    const draft: Ctx = { ...ctx, site: { ...settings, communeActorId: '0', instanceActorId: '0' } }
    const instance = await createLocalActor(draft, trx, {
      type: 'Application',
      username: settings.host,
      name: settings.name,
      summary: `Communer, ${settings.name}`,
      keys: instanceKeys
    })
    const person = await insertPerson(draft, trx, admin)
    const commune = await createLocalActor(draft, trx, {
      type: 'Group',
      kind: 'commune',
      username: communeUsername,
      name: settings.name,
      summary: paragraphs(settings.description),
      group: COMMUNE_GROUP,
      keys: communeKeys
    })
    const site: Site = { ...settings, communeActorId: commune.id, instanceActorId: instance.id }
    await insertGroup(ctx, trx, { group: commune, owner: person.actor, ...COMMUNE_GROUP, origin: site.origin })
    await saveSite(ctx, trx, site)
    return { site, ...person }
  })
  ctx.site = result.site
  return result
}

/** What the environment fixes wins over what the form says, and contradicting it is an error. */
function withFixed(ctx: Ctx, input: SetUpInput): SetUpInput {
  const { publicUrl, accountDomain } = ctx.config
  if (publicUrl !== null && input.publicUrl.trim().replace(/\/$/, '') !== publicUrl) {
    throw new AppError('setup.public-url-fixed', 422, `The public address is fixed by the server: ${publicUrl}.`, {
      details: { url: publicUrl, field: 'public_url' }
    })
  }
  return accountDomain === null ? input : { ...input, accountDomain }
}

/** `saint_leu` for Saint-Leu, else `commune`; never the administrator's own username. */
function freeCommuneName(name: string, taken: string): string {
  return [usernameFromName(name), 'commune', 'mairie'].find((username) => username !== null && username !== taken)!
}

async function assertFirst(trx: Knex): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?)', [SETUP_LOCK])
  const done = await trx('settings').where({ key: 'site' }).first('key')
  if (done !== undefined) throw alreadyDone()
}

function alreadyDone(): AppError {
  return new AppError('setup.done', 409, 'This instance is already set up.')
}
