// The seeded corpus: remote actors on 100 hosts with real RSA keys, and presigned activities that are all different.
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { seeded } from '../crash/random.ts'
import { CONTEXT, PUBLIC, type Json } from '../peers/mock/host.ts'
import { signCavage, type PeerKey } from '../peers/mock/sign.ts'

export interface CorpusActor {
  iri: string
  key: PeerKey
  document: Json
}

export interface Signed {
  path: string
  headers: Record<string, string>
  body: Buffer
}

/** `perHost` actors on each of `hosts` hosts. The actors of a host share a key pair (each under its own key id): making 1,000 takes minutes. */
export async function makeActors(hosts: number, perHost: number, originOf: (host: number) => string): Promise<CorpusActor[]> {
  const actors: CorpusActor[] = []
  for (let host = 0; host < hosts; host += 1) {
    const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    for (let index = 0; index < perHost; index += 1) {
      const iri = `${originOf(host)}/users/u${index}`
      const key: PeerKey = { id: `${iri}#main-key`, privateKey: pair.privateKey, publicPem }
      actors.push({
        iri,
        key,
        document: {
          '@context': CONTEXT,
          id: iri,
          type: 'Person',
          preferredUsername: `u${index}`,
          name: `Person ${index} of ${host}`,
          url: iri,
          inbox: `${iri}/inbox`,
          outbox: `${iri}/outbox`,
          followers: `${iri}/followers`,
          endpoints: { sharedInbox: `${originOf(host)}/inbox` },
          publicKey: { id: key.id, owner: iri, publicKeyPem: publicPem }
        }
      })
    }
  }
  return actors
}

const TEXT =
  'Bonjour à toutes et à tous, la réunion de quartier de jeudi est déplacée à la salle des fêtes ; merci de prévenir vos voisins. '

export interface Mix {
  inbox: string
  /** Local objects that are liked and boosted. */
  targets: string[]
}

/** `count` presigned activities: Create 65 %, Like 15 %, Announce 10 %, Event 5 %, Update and Delete 5 % (of what was created before). */
export function presign(actors: CorpusActor[], count: number, seed: number, mix: Mix): Signed[] {
  const random = seeded(seed)
  const created: { actor: CorpusActor; note: Json }[] = []
  return Array.from({ length: count }, (_, index) => {
    const actor = actors[Math.floor(random() * actors.length)]!
    const dice = random()
    const base = { '@context': CONTEXT, actor: actor.iri, to: [PUBLIC], cc: [`${actor.iri}/followers`] }
    const target = mix.targets[index % mix.targets.length]!
    let activity: Json
    if (dice < 0.7) {
      const id = `${actor.iri}/o/${seed}-${index}`
      const event = dice >= 0.65
      const note: Json = {
        id,
        type: event ? 'Event' : 'Note',
        attributedTo: actor.iri,
        to: base.to,
        cc: base.cc,
        published: new Date().toISOString(),
        url: id,
        content: `<p>${TEXT.repeat(1 + (index % 4))}<a href="https://example.org/${index}">suite</a></p>`,
        tag: [{ type: 'Hashtag', name: '#quartier', href: 'https://example.org/tags/quartier' }],
        attachment: [],
        ...(event
          ? {
              name: `Réunion ${index}`,
              startTime: '2030-05-01T18:00:00Z',
              location: { type: 'Place', name: 'Salle des fêtes', latitude: -21.1, longitude: 55.3 }
            }
          : {})
      }
      created.push({ actor, note })
      activity = { ...base, id: `${id}/activity`, type: 'Create', object: note }
    } else if (dice < 0.85)
      activity = { '@context': CONTEXT, id: `${actor.iri}#like-${seed}-${index}`, type: 'Like', actor: actor.iri, object: target }
    else if (dice < 0.95 || created.length < 10)
      activity = {
        ...base,
        id: `${actor.iri}/boost-${seed}-${index}`,
        type: 'Announce',
        published: new Date().toISOString(),
        object: target
      }
    else {
      const { actor: author, note } = created[Math.floor(random() * (created.length - 5))]!
      const update = {
        ...base,
        actor: author.iri,
        id: `${String(note.id)}#update-${index}`,
        type: 'Update',
        object: { ...note, content: '<p>corrigé</p>', updated: new Date().toISOString() }
      }
      return sign(
        author,
        dice < 0.975 ? update : { ...base, actor: author.iri, id: `${String(note.id)}#delete`, type: 'Delete', object: note.id },
        mix.inbox
      )
    }
    return sign(actor, activity, mix.inbox)
  })
}

function sign(actor: CorpusActor, activity: Json, inbox: string): Signed {
  const body = Buffer.from(JSON.stringify(activity))
  return {
    path: new URL(inbox).pathname,
    headers: { ...signCavage(actor.key, 'POST', inbox, body), 'content-type': 'application/activity+json' },
    body
  }
}
