// The fake peers of the recorded documents: each host serves its actors and the originals that the documents name, and answers for them.
import type { Network } from '../network/network.ts'
import { CONTEXT, createMockHost, PUBLIC, type Json, type MockActor, type MockHost } from '../peers/mock/host.ts'

export interface People {
  hosts: Record<'mastodon' | 'lemmy' | 'gancio' | 'mobilizon' | 'gts', MockHost>
  /** Signers by actor IRI. */
  actors: Map<string, MockActor>
}

/** Puts mastodon.example, lemmy.example, gancio.example, mobilizon.example and gts.example on the network. */
export function createPeople(network: Network): People {
  const [mastodon, lemmy, gancio, mobilizon, gts] = ['mastodon', 'lemmy', 'gancio', 'mobilizon', 'gts'].map((name) =>
    createMockHost(network, `${name}.example`)
  ) as [MockHost, MockHost, MockHost, MockHost, MockHost]
  const actors = new Map<string, MockActor>()
  const person = (host: MockHost, name: string, path: string, extra: Json = {}): void => {
    const id = host.origin + path
    const made = host.actor(name, {
      id,
      inbox: `${id}/inbox`,
      outbox: `${id}/outbox`,
      followers: `${id}/followers`,
      following: `${id}/following`,
      ...extra
    })
    actors.set(made.iri, made)
  }
  person(mastodon, 'bob', '/users/bob', { featured: 'https://mastodon.example/users/bob/collections/featured' })
  person(mastodon, 'mastodon.example', '/actor', { type: 'Application' })
  for (const name of ['carol', 'dan', 'mod']) person(lemmy, name, `/u/${name}`)
  person(lemmy, 'jardinage', '/c/jardinage', { type: 'Group' })
  // Gancio's key id and inbox are not where one would guess them.
  person(gancio, 'gancio', '/federation/u/gancio', { type: 'Application' })
  person(mobilizon, 'dora', '/@dora')
  person(mobilizon, 'collectif_velo', '/@collectif_velo', { type: 'Group', name: 'Collectif vélo' })
  person(mobilizon, 'relay', '/relay', { type: 'Application' })
  person(gts, 'eve', '/users/eve', { keyId: 'https://gts.example/users/eve/main-key', endpoints: undefined })
  return { hosts: { mastodon, lemmy, gancio, mobilizon, gts }, actors }
}

/** A Create of a plain note by `author`, for documents that speak of a note we must already know. */
export function createOf(author: MockActor, object: Json): Json {
  return {
    '@context': CONTEXT,
    id: `${String(object.id)}/create`,
    type: 'Create',
    actor: author.iri,
    to: [PUBLIC],
    cc: [`${author.iri}/followers`],
    object: {
      type: 'Note',
      attributedTo: author.iri,
      to: [PUBLIC],
      cc: [`${author.iri}/followers`],
      content: '<p>…</p>',
      published: '2026-11-20T08:00:00Z',
      ...object
    }
  }
}
