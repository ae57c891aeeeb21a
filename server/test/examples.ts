// One document of each kind as our builders make it: what FEDERATION.md shows under the same name.
import { adding } from '../vocab/dress.ts'
import { processFields } from '../vocab/process.ts'
import { proposalFields } from '../vocab/proposal.ts'
import { embeddedActivity, tombstone } from '../vocab/activity.ts'
import { actorDocument, withPublicKey, type ActorSource } from '../vocab/actor.ts'
import { addressing } from '../vocab/addressing.ts'
import type { WireDocument } from '../vocab/context.ts'
import { objectDocument, type ObjectLinks, type ObjectSource } from '../vocab/object.ts'

const ORIGIN = 'https://saint-leu.example'
const ALICE = `${ORIGIN}/ap/actors/alice`
const GROUP = `${ORIGIN}/ap/actors/jardin`
const COMMUNE = `${ORIGIN}/ap/actors/saint-leu`
const BOB = 'https://mastodon.example/users/bob'
const AT = new Date('2026-11-20T08:00:00Z')

const ACTOR: ActorSource = {
  iri: ALICE,
  type: 'Person',
  kind: null,
  username: 'alice',
  domain: 'saint-leu.example',
  name: 'Alice Payet',
  summary: '<p>Jardinière</p>',
  url: null,
  locked: false,
  discoverable: true,
  indexable: true,
  icon: { url: '/media/alice.webp', mediaType: 'image/webp' },
  image: null,
  fields: [{ name: 'Site', value: '<a href="https://alice.example">alice.example</a>' }],
  published: AT,
  updated: null
}

const NOTE: ObjectSource = {
  iri: `${ORIGIN}/ap/objects/n1`,
  type: 'Note',
  kind: null,
  visibility: 'public',
  in_reply_to_iri: null,
  name: null,
  summary: null,
  content: '<p>Bonjour</p>',
  language: 'fr',
  sensitive: false,
  url: `${ORIGIN}/@alice/1`,
  start_time: null,
  end_time: null,
  timezone: null,
  event_status: null,
  place: null,
  attachments: [],
  tags: [{ type: 'Hashtag', name: '#jardin', href: `${ORIGIN}/tags/jardin` }],
  published: AT,
  updated: null
}

function keyed(document: WireDocument): WireDocument {
  return withPublicKey(document, {
    iri: `${String(document['id'])}#main-key`,
    pem: '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n'
  })
}

function links(actorIri: string, more: Partial<ObjectLinks> = {}): ObjectLinks {
  return { origin: ORIGIN, actorIri, ...addressing({ visibility: 'public', followersIri: `${actorIri}/followers` }), ...more }
}

const person = keyed(actorDocument(ACTOR, { origin: ORIGIN }))
const note = objectDocument(NOTE, links(ALICE))
const inGroup = addressing({ visibility: 'public', followersIri: `${GROUP}/followers`, groupIri: GROUP })

/** By the name the document gives them. */
export const EXAMPLES: Record<string, WireDocument> = {
  Person: person,
  Group: keyed(
    actorDocument(
      {
        ...ACTOR,
        iri: GROUP,
        type: 'Group',
        kind: 'group',
        username: 'jardin',
        name: 'Jardin partagé',
        summary: '<p>Ouvert à tous</p>',
        icon: null,
        fields: []
      },
      { origin: ORIGIN, group: { openness: 'open', posting: 'members', members: 12 } }
    )
  ),
  Application: keyed(
    actorDocument(
      {
        ...ACTOR,
        iri: `${ORIGIN}/ap/actor`,
        type: 'Application',
        username: 'saint-leu.example',
        name: 'Saint-Leu',
        summary: '',
        icon: null,
        fields: []
      },
      { origin: ORIGIN }
    )
  ),
  Note: note,
  Article: objectDocument(
    {
      ...NOTE,
      iri: `${ORIGIN}/ap/objects/a1`,
      type: 'Article',
      kind: 'news',
      name: 'La ressourcerie ouvre',
      summary: 'Samedi, dès 9 h',
      url: `${ORIGIN}/@jardin/2`
    },
    links(GROUP, { authorIri: ALICE })
  ),
  Proposal: objectDocument(
    {
      ...NOTE,
      iri: `${ORIGIN}/ap/objects/prop1`,
      type: 'Article',
      kind: 'proposal',
      name: 'Ouvrir la halle le samedi',
      summary: 'Proposition à lire, amender et discuter. La halle ouvre le samedi à 8 h.',
      content: '<p>La halle ouvre le samedi à 8 h.</p><p>Elle ferme à 13 h.</p>',
      url: `${ORIGIN}/propositions/6`,
      tags: []
    },
    links(ALICE, {
      contextIri: `${ORIGIN}/ap/objects/idea1/context`,
      dress: adding(
        proposalFields({
          state: 'open',
          version: 2,
          themes: ['food', 'economy'],
          amendableBy: 'everyone',
          coauthors: [BOB],
          ideaIri: `${ORIGIN}/ap/objects/idea1`,
          answer: 'none',
          answeredAt: null,
          progress: 0
        })
      )
    })
  ),
  Process: objectDocument(
    {
      ...NOTE,
      iri: `${ORIGIN}/ap/objects/proc1`,
      type: 'Page',
      kind: 'process',
      name: 'La place de l’église, avec vous',
      summary: 'Démarche participative de Saint-Leu. La place se refait en 2027.',
      content: '<p>La place se refait en 2027.</p><ul><li>Propositions, du 1er décembre 2026 au 31 janvier 2027.</li></ul>',
      url: `${ORIGIN}/demarches/9`,
      tags: []
    },
    links(COMMUNE, {
      dress: adding(
        processFields(
          {
            themes: ['environment'],
            endsAt: new Date('2027-01-31T20:00:00Z'),
            phases: [
              {
                kind: 'proposals',
                startsAt: new Date('2026-11-30T20:00:00Z'),
                call: 'Que voulez-vous y faire ?',
                allows: ['ideas', 'proposals', 'comment']
              }
            ]
          },
          new Date('2026-12-02T08:00:00Z')
        )
      )
    })
  ),
  Page: objectDocument(
    { ...NOTE, iri: `${ORIGIN}/ap/objects/p1`, type: 'Page', name: 'Un banc sous le badamier', url: `${ORIGIN}/@alice/3` },
    { origin: ORIGIN, actorIri: ALICE, groupIri: GROUP, ...inGroup }
  ),
  Event: objectDocument(
    {
      ...NOTE,
      iri: `${ORIGIN}/ap/objects/e1`,
      type: 'Event',
      name: 'Chantier participatif',
      url: `${ORIGIN}/evenements/4`,
      start_time: new Date('2026-12-12T10:00:00Z'),
      end_time: new Date('2026-12-12T13:00:00Z'),
      timezone: 'Indian/Reunion',
      event_status: 'CONFIRMED',
      place: { name: 'Jardin des Colimaçons', address: '12 chemin des Colimaçons', latitude: -21.154301, longitude: 55.308502 }
    },
    links(GROUP, { authorIri: ALICE })
  ),
  Question: objectDocument(
    {
      ...NOTE,
      iri: `${ORIGIN}/ap/objects/q1`,
      type: 'Question',
      url: `${ORIGIN}/@alice/5`,
      poll: {
        multiple: false,
        options: [
          { name: 'Samedi matin', votes: 3 },
          { name: 'Mercredi', votes: 5 }
        ],
        voters: 8,
        endTime: '2026-12-06T22:00:00Z',
        closed: null
      }
    },
    links(ALICE)
  ),
  Tombstone: tombstone({ iri: NOTE.iri, formerType: 'Note', published: AT, deleted: new Date('2026-11-21T08:00:00Z') }),
  'Undo{Follow}': {
    id: `${ORIGIN}/ap/activities/u1`,
    type: 'Undo',
    actor: ALICE,
    published: '2026-11-20T08:00:00Z',
    to: [BOB],
    cc: [],
    object: embeddedActivity({ iri: `${ORIGIN}/ap/activities/f1`, type: 'Follow', actorIri: ALICE, object: BOB })
  }
}
