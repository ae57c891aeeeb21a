// The outbound wire profile as code (federation.md §0.2): says which rules a document or activity breaks. Pure, microseconds.
import { hostOf } from '../core/iri.ts'
import type { WireDocument } from './context.ts'

/** The only keys that may be null: the PieFed block of an event (W5). */
const NULLABLE = new Set(['externalParticipationUrl', 'onlineLink', 'buyTicketsLink', 'feeCurrency'])
const ADDRESSED = new Set(['Create', 'Update', 'Announce', 'Delete'])
const ACTORS = new Set(['Person', 'Group', 'Application', 'Organization', 'Service'])
const TITLED = new Set(['Event', 'Article', 'Page'])
const DATES = ['published', 'updated', 'startTime', 'endTime', 'deleted']
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Rules of §0.2 that the document or activity breaks, as short sentences; empty when it keeps them all. */
export function wireProblems(document: WireDocument): string[] {
  const problems: string[] = []
  const say = (rule: string, ok: boolean): void => {
    if (!ok) problems.push(rule)
  }
  const isActivity = document['actor'] !== undefined && !TITLED.has(String(document['type']))
  checkIdentity(document, say)
  if (isActivity) checkActivity(document, say)
  else if (ACTORS.has(String(document['type']))) checkActor(document, say)
  else checkObject(document, say)
  return problems
}

/** Throws with every broken rule: for tests. */
export function assertWire(document: WireDocument): void {
  const problems = wireProblems(document)
  if (problems.length > 0) throw new Error(`${String(document['type'])} breaks the wire profile: ${problems.join('; ')}`)
}

type Say = (rule: string, ok: boolean) => void

function checkIdentity(document: WireDocument, say: Say): void {
  say('W1 type is one string', typeof document['type'] === 'string' && document['type'] !== '')
  say('W2 id is an absolute http(s) IRI', hostOf(document['id']) !== null)
  for (const [key, value] of Object.entries(document)) {
    say(`W5 ${key} is null`, value !== null || NULLABLE.has(key))
    say(`W5 ${key} is undefined`, value !== undefined)
  }
  for (const key of DATES) {
    const value = document[key]
    say(`W13 ${key} is RFC 3339 with offset`, value === undefined || (typeof value === 'string' && RFC3339.test(value)))
  }
  say('bto and bcc are never published', document['bto'] === undefined && document['bcc'] === undefined)
}

function checkActivity(activity: WireDocument, say: Say): void {
  const { actor, object, to, cc } = activity
  say('W3 actor is a string', typeof actor === 'string')
  say('W2 id and actor share their host', hostOf(activity['id']) === hostOf(actor))
  say('W4 to is a list', Array.isArray(to))
  if (ADDRESSED.has(String(activity['type']))) say('W4 cc is a list', Array.isArray(cc))
  say('W4 Public is spelled out', ![to, cc].flat().some((iri) => iri === 'as:Public' || iri === 'Public'))
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return
  const document = object as WireDocument
  const isOwnWord = activity['type'] === 'Create' || activity['type'] === 'Update'
  if (!isOwnWord) return
  if (ACTORS.has(String(document['type']))) {
    say('W3 an actor updates itself', document['id'] === actor)
    checkIdentity(document, say)
    return checkActor(document, say)
  }
  say('W3 actor equals attributedTo', document['attributedTo'] === actor)
  say("W2 object on the actor's host", hostOf(document['id']) === hostOf(actor))
  checkIdentity(document, say)
  checkObject(document, say)
}

function checkObject(object: WireDocument, say: Say): void {
  const type = String(object['type'])
  if (type === 'Tombstone' || type.includes('Collection')) return
  if (isVote(object)) return say('a vote names who gets it', Array.isArray(object['to']) && object['to'].length === 1)
  say('W3 attributedTo is a string', typeof object['attributedTo'] === 'string')
  if (type === 'QuoteAuthorization')
    return say(
      'a stamp names both posts',
      ['interactingObject', 'interactionTarget'].every((name) => typeof object[name] === 'string')
    )
  say('W4 to and cc are lists', Array.isArray(object['to']) && Array.isArray(object['cc']))
  checkGroupFirst(object, say)
  checkAttachments(object, say)
  checkTexts(object, type, say)
  if (object['updated'] !== undefined)
    say('W13 updated is not before published', Date.parse(String(object['updated'])) >= Date.parse(String(object['published'])))
  if (type === 'Event') checkEvent(object, say)
}

/** A poll's option chosen: a Note that is a name (federation.md §3.8), without text, tags or attachments. */
function isVote(object: WireDocument): boolean {
  return (
    object['type'] === 'Note' && typeof object['name'] === 'string' && object['inReplyTo'] !== undefined && object['content'] === undefined
  )
}

/** Lemmy takes the first address that is a group. */
function checkGroupFirst(object: WireDocument, say: Say): void {
  const to = Array.isArray(object['to']) ? object['to'] : []
  const audience = object['audience']
  const publicAt = to.indexOf('https://www.w3.org/ns/activitystreams#Public')
  if (typeof audience === 'string' && publicAt !== -1)
    say('W4 the group stands before Public', to.indexOf(audience) !== -1 && to.indexOf(audience) < publicAt)
}

function checkAttachments(object: WireDocument, say: Say): void {
  const { attachment, tag, image, location } = object
  say('W6 attachment is a list', Array.isArray(attachment))
  say('W6 tag is a list', Array.isArray(tag))
  const entries = (Array.isArray(attachment) ? attachment : []) as WireDocument[]
  const media = entries.filter((entry) => entry['type'] !== 'Link')
  say('W17 at most four media', media.length <= 4)
  say(
    'W6 images come before links',
    entries.findIndex((entry) => entry['type'] === 'Link') >= media.length || media.length === entries.length
  )
  for (const entry of entries) {
    const isLink = entry['type'] === 'Link'
    say('W6 only Document, Image and Link', isLink || entry['type'] === 'Document' || entry['type'] === 'Image')
    say(
      'W6 url or href, mediaType and name are strings',
      [isLink ? entry['href'] : entry['url'], entry['mediaType'], entry['name']].every((value) => typeof value === 'string')
    )
  }
  say('W6b image is one map', image === undefined || isMap(image))
  say('W6b location is one map', location === undefined || isMap(location))
  say('W9 url is one string', object['url'] === undefined || typeof object['url'] === 'string')
}

function checkTexts(object: WireDocument, type: string, say: Say): void {
  const { name, summary, content, contentMap } = object
  if (TITLED.has(type)) {
    say(
      'W10 name is plain, 1 to 200 characters',
      typeof name === 'string' && name.length > 0 && [...name].length <= 200 && !/[<>&]/.test(name)
    )
    say(
      'W11 summary is one plain line',
      summary === undefined || (typeof summary === 'string' && [...summary].length <= 500 && !/<[a-z/]/i.test(summary))
    )
  }
  say('W16 content is a string', typeof content === 'string')
  say(
    'W16 contentMap repeats content',
    isMap(contentMap) && Object.values(contentMap).length === 1 && Object.values(contentMap)[0] === content
  )
}

function checkEvent(event: WireDocument, say: Say): void {
  const place = event['location'] as WireDocument | undefined
  for (const key of ['latitude', 'longitude']) {
    const value = place?.[key]
    say(`W12 ${key} is no integer`, value === undefined || (typeof value === 'number' && !Number.isInteger(value)))
  }
  say('W15 no Mention in an event', !((event['tag'] ?? []) as WireDocument[]).some((tag) => tag['type'] === 'Mention'))
  say('an event has startTime and endTime', typeof event['startTime'] === 'string' && typeof event['endTime'] === 'string')
  say('joinMode is one Mobilizon takes', ['free', 'restricted', 'external', 'invite'].includes(String(event['joinMode'])))
}

function checkActor(actor: WireDocument, say: Say): void {
  const isInstance = actor['type'] === 'Application'
  for (const key of ['inbox', 'outbox', 'followers', 'following', 'url']) {
    say(`W2 ${key} on the actor's host`, hostOf(actor[key]) === hostOf(actor['id']))
  }
  for (const key of ['icon', 'image']) {
    const value = actor[key]
    say(`W7 ${key} is one image`, value === undefined || (isMap(value) && value['type'] === 'Image' && typeof value['url'] === 'string'))
  }
  say('W18 preferredUsername', isInstance || /^[a-z0-9_]{1,30}$/.test(String(actor['preferredUsername'])))
  say('W19 summary up to 5000 characters', typeof actor['summary'] === 'string' && actor['summary'].length <= 5000)
  const key = actor['publicKey']
  if (key === undefined) return
  const pem = isMap(key) ? String(key['publicKeyPem']) : ''
  say(
    'W8 one key object',
    isMap(key) &&
      key['owner'] === actor['id'] &&
      String(key['id']).startsWith(`${String(actor['id'])}#`) &&
      pem.startsWith('-----BEGIN PUBLIC KEY-----')
  )
}

function isMap(value: unknown): value is WireDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
