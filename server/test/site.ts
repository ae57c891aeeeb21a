// A set-up instance for tests, without the cost of the real set-up: the commune's actor and the instance's actor as bare rows.
import type { Ctx, Site } from '../context.ts'
import { newId, uuidv7 } from '../core/ids.ts'
import { loadSite, saveSite } from '../db/site.ts'

/** Writes the rows of a commune named Commune at `origin` and puts the site into the context. */
export async function makeSite(ctx: Ctx, origin: string): Promise<Site> {
  const host = new URL(origin).host
  const communeActorId = await insertActor(ctx, {
    origin,
    host,
    username: 'commune',
    type: 'Group',
    kind: 'commune',
    iri: `${origin}/ap/actors/${uuidv7()}`
  })
  const instanceActorId = await insertActor(ctx, {
    origin,
    host,
    username: host,
    type: 'Application',
    kind: null,
    iri: `${origin}/ap/actor`
  })
  await saveSite(ctx, ctx.db, {
    origin,
    host,
    accountDomain: host,
    name: 'Commune',
    insee: '97413',
    latitude: -21.17,
    longitude: 55.29,
    description: '',
    registrations: 'open',
    communeActorId,
    instanceActorId,
    timezone: 'Indian/Reunion'
  })
  return (await loadSite(ctx))!
}

interface BareActor {
  origin: string
  host: string
  username: string
  type: string
  kind: string | null
  iri: string
}

async function insertActor(ctx: Ctx, { origin, host, username, type, kind, iri }: BareActor): Promise<string> {
  const id = newId(ctx.clock.now())
  await ctx.db('actors').insert({
    id,
    iri,
    type,
    kind,
    local: true,
    username,
    domain: host,
    host,
    handle_verified: true,
    name: username,
    inbox: `${iri}/inbox`,
    shared_inbox: `${origin}/ap/inbox`,
    outbox: `${iri}/outbox`,
    followers_iri: `${iri}/followers`,
    following_iri: `${iri}/following`,
    featured_iri: `${iri}/featured`,
    doc: JSON.stringify({ id: iri, type, preferredUsername: username, inbox: `${iri}/inbox`, outbox: `${iri}/outbox` }),
    published: ctx.clock.now()
  })
  return id
}
