// The events a web page tells of: schema.org in JSON-LD first, then microformats' h-event. What pages say is believed as little as any
// other text from outside. Pure.
import { Parser } from 'htmlparser2'
import { DateTime } from 'luxon'
import type { EventStatus } from './event-status.ts'
import { addressOf, lineOf, placeOf, positionOf, tagsOf, textOf, uidOf, type FoundEvent } from './found-event.ts'
import { parseJson } from './json.ts'

/** A programme may list many; a page that lists more is no page of an event. */
const MAX_EVENTS = 50
const MAX_NODES = 2000
const MAX_SCRIPT = 500_000

/** Events in the order of the page; [] when it tells of none. `timezone`: of moments that name none. */
export function readPageEvents(html: string, url: URL, timezone: string): FoundEvent[] {
  const { scripts, entries } = readPage(html)
  const described = scripts.flatMap((text) => eventNodes(text)).flatMap((node) => eventOf(node, url, timezone) ?? [])
  const found = described.length > 0 ? described : entries.flatMap((entry) => entryOf(entry, url, timezone) ?? [])
  return found.slice(0, MAX_EVENTS)
}

type Node = Record<string, unknown>

function eventNodes(text: string): Node[] {
  let json: unknown
  try {
    json = parseJson(Buffer.from(text))
  } catch {
    return []
  }
  const found: Node[] = []
  const waiting: unknown[] = [json]
  for (let seen = 0; seen < MAX_NODES && waiting.length > 0; seen += 1) {
    const value = waiting.shift()
    if (Array.isArray(value)) waiting.unshift(...(value as unknown[]).slice(0, MAX_NODES))
    else if (isNode(value)) {
      if (isEvent(value)) found.push(value)
      else waiting.push(value['@graph'], value['mainEntity'], value['itemListElement'], value['item'], value['subEvent'])
    }
  }
  return found
}

/** schema.org/Event and its kinds: MusicEvent, TheaterEvent, Festival… */
function isEvent(node: Node): boolean {
  return [node['@type']]
    .flat()
    .some((type) => typeof type === 'string' && /(?:^|[/#:])(?:[A-Z][a-z]+)?Event$|Festival$|Hackathon$/.test(type))
}

function eventOf(node: Node, page: URL, timezone: string): FoundEvent | null {
  const start = momentOf(node['startDate'], timezone)
  const title = lineOf(node['name'])
  if (start === null || title === '') return null
  const end = momentOf(node['endDate'], timezone)
  const url = addressOf(node['url'], page) ?? page.href
  return {
    uid: uidOf(node['@id']) || url,
    occurrence: '',
    title,
    description: textOf(node['description']),
    ...span(start, end),
    timezone: null,
    status: statusOf(node['eventStatus']),
    place: locationOf(node['location']),
    url,
    tags: tagsOf([node['keywords']].flat().flatMap((words) => (typeof words === 'string' ? words.split(',') : [])))
  }
}

interface Moment {
  at: DateTime
  isDate: boolean
}

function span(start: Moment, end: Moment | null): Pick<FoundEvent, 'start' | 'end' | 'isAllDay'> {
  const until = end === null || end.at < start.at ? null : end.isDate ? end.at.endOf('day').startOf('minute') : end.at
  return { start: start.at.toJSDate(), end: until?.toJSDate() ?? null, isAllDay: start.isDate }
}

function momentOf(value: unknown, timezone: string): Moment | null {
  const text = typeof value === 'string' ? value.trim().replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T') : ''
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null
  const at = DateTime.fromISO(text, { zone: timezone })
  return at.isValid && at.year >= 1970 && at.year <= 2200 ? { at, isDate: !text.includes('T') } : null
}

function statusOf(value: unknown): EventStatus {
  const word = /(Cancelled|Postponed|Rescheduled)$/.exec(typeof value === 'string' ? value : '')?.[1]
  return word === 'Cancelled' ? 'CANCELLED' : word === 'Postponed' ? 'POSTPONED' : 'CONFIRMED'
}

function locationOf(value: unknown): FoundEvent['place'] {
  const location = [value].flat().find((one) => typeof one === 'string' || (isNode(one) && one['@type'] !== 'VirtualLocation'))
  if (typeof location === 'string') return placeOf(location)
  if (!isNode(location)) return null
  const geo = isNode(location['geo']) ? location['geo'] : {}
  const position = positionOf(geo['latitude'], geo['longitude'])
  const address = isNode(location['address'])
    ? ['streetAddress', 'postalCode', 'addressLocality']
        .map((key) => lineOf((location['address'] as Node)[key]))
        .filter(Boolean)
        .join(', ')
    : lineOf(location['address'])
  const name = lineOf(location['name'])
  if (name === '' && address === '' && position === null) return null
  return { name: name || null, address: address || null, latitude: position?.latitude ?? null, longitude: position?.longitude ?? null }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// microformats2 h-event: the properties that make an event, as text or as the date in `datetime`.
type EntryProperty = 'name' | 'summary' | 'start' | 'end' | 'location' | 'url' | 'category'
type Entry = Partial<Record<EntryProperty, string>>

const CLASSES: Record<string, EntryProperty> = {
  'p-name': 'name',
  'p-summary': 'summary',
  'e-content': 'summary',
  'p-description': 'summary',
  'dt-start': 'start',
  'dt-end': 'end',
  'p-location': 'location',
  'u-url': 'url',
  'p-category': 'category'
}

const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr'])

function readPage(html: string): { scripts: string[]; entries: Entry[] } {
  const scripts: string[] = []
  const entries: Entry[] = []
  let script: string | null = null
  // Open elements of the entry being read: what each of them is the value of.
  let open: (EntryProperty | null)[] | null = null
  let entry: Entry = {}
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'script' && /^application\/ld\+json\b/i.test(attributes['type'] ?? '')) script = ''
      const classes = (attributes['class'] ?? '').split(/\s+/)
      if (open === null) {
        if (!classes.includes('h-event') || VOID.has(name)) return
        entry = {}
        entries.push(entry)
        open = [null]
        return
      }
      const property = classes.map((one) => CLASSES[one]).find((one) => one !== undefined) ?? null
      const given = property === 'url' ? attributes['href'] : (attributes['datetime'] ?? attributes['content'])
      const isNew = property !== null && entry[property] === undefined
      if (isNew) entry[property] = given ?? ''
      if (!VOID.has(name)) open.push(isNew && given === undefined ? property : null)
    },
    ontext(text) {
      if (script !== null && script.length < MAX_SCRIPT) script += text
      for (const property of open ?? []) if (property !== null) entry[property] = `${entry[property] ?? ''}${text}`
    },
    onclosetag(name) {
      if (name === 'script' && script !== null) {
        scripts.push(script)
        script = null
      }
      if (VOID.has(name) || open === null) return
      open.pop()
      if (open.length === 0) open = null
    }
  })
  parser.end(html)
  return { scripts, entries }
}

function entryOf(entry: Entry, page: URL, timezone: string): FoundEvent | null {
  const start = momentOf(entry.start, timezone)
  const title = lineOf(entry.name)
  if (start === null || title === '') return null
  const url = addressOf(entry.url, page) ?? page.href
  return {
    uid: uidOf(url),
    occurrence: '',
    title,
    description: textOf(entry.summary),
    ...span(start, momentOf(entry.end, timezone)),
    timezone: null,
    status: 'CONFIRMED',
    place: placeOf(entry.location),
    url,
    tags: tagsOf(entry.category === undefined ? [] : [entry.category])
  }
}
