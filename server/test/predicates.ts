// What known peers accept, as small pure functions taken from their readers (federation.md §7.3): true, or the reason why not.
import { hostOf } from '../core/iri.ts'

type Json = Record<string, unknown>
export type Verdict = true | string

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public'

function map(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}

function objectOf(activity: Json): Json {
  return map(activity['object']) ? activity['object'] : {}
}

/** The first rule that fails, as its sentence; true when all hold. */
function all(...rules: [string, boolean][]): Verdict {
  return rules.find(([, ok]) => !ok)?.[0] ?? true
}

/** Mastodon: supported_context?, supported and converted types, ids on the actor's host. */
export function masto(activity: Json): Verdict {
  const object = objectOf(activity)
  const context = activity['@context']
  return all(
    [
      'the context names ActivityStreams',
      context === 'https://www.w3.org/ns/activitystreams' || list(context).includes('https://www.w3.org/ns/activitystreams' as never)
    ],
    ['the type is kept', ['Note', 'Question', 'Image', 'Audio', 'Video', 'Article', 'Page', 'Event'].includes(String(object['type']))],
    ["the object lives on the actor's host", hostOf(object['id']) !== null && hostOf(object['id']) === hostOf(activity['actor'])],
    ['published is a date', !Number.isNaN(Date.parse(String(object['published'])))],
    ['at most four media', list(object['attachment']).filter((one) => one['type'] !== 'Link').length <= 4]
  )
}

/** Lemmy: a Page or Note in a community (serde: missing fields lose the activity). */
export function lemmyPage(activity: Json): Verdict {
  const object = objectOf(activity)
  const types: Record<string, string> = { Link: 'href', Image: 'url', Document: 'url' }
  return all(
    ['actor and attributedTo are strings', typeof activity['actor'] === 'string' && typeof object['attributedTo'] === 'string'],
    ['to and cc are lists', [activity['to'], activity['cc'], object['to'], object['cc']].every(Array.isArray)],
    ['a group is named', [...list(object['to']), ...list(object['cc'])].some((iri) => iri !== (PUBLIC as never))],
    ['the name has at most 200 characters', String(object['name'] ?? '').length <= 200],
    [
      'attachments are Link, Image or Document with an address',
      list(object['attachment']).every((one) => typeof one[types[String(one['type'])] ?? ''] === 'string')
    ],
    ['it is no answer', object['inReplyTo'] === undefined]
  )
}

/** Lemmy: a Group document. */
export function lemmyGroup(actor: Json): Verdict {
  const key = map(actor['publicKey']) ? actor['publicKey'] : {}
  const required = ['type', 'id', 'preferredUsername', 'inbox', 'followers', 'publicKey', 'outbox']
  return all(
    ['the type is Group', actor['type'] === 'Group'],
    ['required keys are there', required.every((name) => actor[name] !== undefined)],
    ['the key id has a fragment', /^[^#]+#[^#]+$/.test(String(key['id']))],
    ["attributedTo is the moderators' collection", typeof actor['attributedTo'] === 'string'],
    ['endpoints have a shared inbox', map(actor['endpoints']) && typeof actor['endpoints']['sharedInbox'] === 'string']
  )
}

/** Mobilizon: an Event (changesets and clauses of converter/event.ex). */
export function mbzEvent(activity: Json): Verdict {
  const event = objectOf(activity)
  const { location, image } = event
  const place = map(location) ? location : {}
  return all(
    ['joinMode is known', ['free', 'restricted', 'invite', 'external'].includes(String(event['joinMode']))],
    ['the title has 3 to 200 characters', String(event['name']).length >= 3 && String(event['name']).length <= 200],
    ['the status is known', ['CONFIRMED', 'TENTATIVE', 'CANCELLED'].includes(String(event['status']))],
    ['it does not end before it starts', Date.parse(String(event['endTime'])) >= Date.parse(String(event['startTime']))],
    ['coordinates are floats', ['latitude', 'longitude'].every((key) => place[key] === undefined || /\./.test(JSON.stringify(place[key])))],
    ['location is a map, an address or absent', location === undefined || typeof location === 'string' || map(location)],
    ['image is a map or absent', image === undefined || map(image)],
    [
      'pictures have address and name',
      list(event['attachment'])
        .filter((one) => one['type'] === 'Document' || one['type'] === 'Image')
        .every((one) => typeof one['url'] === 'string' && typeof one['name'] === 'string')
    ],
    ['uuid is one or absent', event['uuid'] === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(event['uuid']))],
    ['contacts is a list or absent', event['contacts'] === undefined || Array.isArray(event['contacts'])],
    ['to is a list', Array.isArray(event['to'])]
  )
}

/** Mobilizon: a Post of a group. */
export function mbzPost(activity: Json): Verdict {
  const post = objectOf(activity)
  const followers = /\/(followers|members)$/
  return all(
    ['the type is Article', post['type'] === 'Article'],
    ['actor is a string', typeof post['actor'] === 'string'],
    ['attributedTo is a string', typeof post['attributedTo'] === 'string'],
    ['to names Public, followers or members', list(post['to']).some((iri) => iri === (PUBLIC as never) || followers.test(String(iri)))]
  )
}

/** Gancio: federation/events.js reads these without looking whether they are there. */
export function gancioEvent(activity: Json): Verdict {
  const event = objectOf(activity)
  return all(
    ['name, startTime and id are there', ['name', 'startTime', 'id'].every((key) => typeof event[key] === 'string')],
    ['every attachment has a mediaType', list(event['attachment']).every((one) => typeof one['mediaType'] === 'string')],
    ['tags have names', list(event['tag']).every((one) => typeof one['name'] === 'string' && one['type'] === 'Hashtag')],
    ['location is there', map(event['location'])],
    ['attachment is a list', Array.isArray(event['attachment'])]
  )
}

/** PieFed: the thirteen keys its event reader takes, some of which may be null. */
export function piefedEvent(activity: Json): Verdict {
  const event = objectOf(activity)
  const keys = [
    'startTime',
    'endTime',
    'timezone',
    'maximumAttendeeCapacity',
    'participantCount',
    'joinMode',
    'externalParticipationUrl',
    'anonymousParticipation',
    'isOnline',
    'onlineLink',
    'buyTicketsLink',
    'feeCurrency',
    'feeAmount'
  ]
  return all(
    [`all of ${keys.filter((key) => !(key in event)).join(', ')}`, keys.every((key) => key in event)],
    ['endTime is ISO', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(String(event['endTime']))]
  )
}

/** GoToSocial: dates in order, one author. */
export function gts(activity: Json): Verdict {
  const object = objectOf(activity)
  const { published, updated } = object
  return all(
    ['not edited before it was written', updated === undefined || Date.parse(String(published)) <= Date.parse(String(updated))],
    // Activities and actors have none.
    [
      'one author',
      object['type'] === undefined ||
        object['type'] === 'Tombstone' ||
        object['actor'] !== undefined ||
        object['preferredUsername'] !== undefined ||
        typeof object['attributedTo'] === 'string'
    ]
  )
}

/** Misskey: InboxProcessorService and ApNoteService. */
export function misskey(activity: Json): Verdict {
  const object = objectOf(activity)
  const isNote = object['attributedTo'] !== undefined
  return all(
    ["the activity lives on the actor's host", hostOf(activity['id']) === hostOf(activity['actor'])],
    [
      'attributedTo is the actor',
      !isNote || object['attributedTo'] === activity['actor'] || !['Create', 'Update'].includes(String(activity['type']))
    ],
    ['the object lives there too', !isNote || hostOf(object['id']) === hostOf(object['attributedTo'])]
  )
}

/** Misskey: validateActor. */
export function misskeyActor(actor: Json): Verdict {
  const host = hostOf(actor['id'])
  return all(
    ['inbox, outbox, followers on the same host', ['inbox', 'outbox', 'followers'].every((key) => hostOf(actor[key]) === host)],
    ['publicKey is an object of the same host', map(actor['publicKey']) && hostOf(actor['publicKey']['id']) === host],
    ['the username is a word', /^\w([\w-.]*\w)?$/.test(String(actor['preferredUsername']))]
  )
}

/**
 * Every peer that has something to say about a published activity, with what it says: for the delivery log of whole scenarios.
 * Lemmy's and Mobilizon's own kinds are asked only about what they take.
 */
export function peerVerdicts(activity: Json): Record<string, Verdict> {
  const verdicts: Record<string, Verdict> = { gts: gts(activity), misskey: misskey(activity) }
  const { type } = objectOf(activity)
  if (activity['type'] !== 'Create' && activity['type'] !== 'Update') return verdicts
  if (type === 'Person' || type === 'Group' || type === 'Application') {
    const actor = objectOf(activity)
    if (type === 'Group') verdicts['lemmyGroup'] = lemmyGroup(actor)
    if (type !== 'Application') verdicts['misskeyActor'] = misskeyActor(actor)
    return verdicts
  }
  verdicts['masto'] = masto(activity)
  if (type === 'Event')
    Object.assign(verdicts, {
      mbzEvent: mbzEvent(activity),
      piefedEvent: piefedEvent(activity),
      ...('location' in objectOf(activity) ? { gancioEvent: gancioEvent(activity) } : {})
    })
  if (type === 'Article') verdicts['mbzPost'] = mbzPost(activity)
  if (type === 'Page') verdicts['lemmyPage'] = lemmyPage(activity)
  return verdicts
}
