// Posts as an Atom feed (RFC 4287). Pure.
import { eventStatusOf, markedTitle } from '../../core/event-status.ts'
import { Feed } from 'feed'
import type { ActorPart, StatusRow } from '../../db/status-parts.ts'
import { eventLine } from '../../vocab/fallback.ts'
import { plainLine } from '../../vocab/values.ts'

export interface FeedFrame {
  title: string
  description: string
  /** Address of the feed itself, and of the page it follows. */
  selfUrl: string
  pageUrl: string
  /** When nothing was ever said: what the feed's own date is. */
  since: Date
}

/** Most characters of a title made from a text. */
const TITLE_CHARACTERS = 80

/** The feed as XML. */
export function atomFeed(frame: FeedFrame, rows: StatusRow[], actors: Map<string, ActorPart>): string {
  const feed = new Feed({
    id: frame.selfUrl,
    title: frame.title,
    description: frame.description,
    link: frame.pageUrl,
    feedLinks: { atom: frame.selfUrl },
    updated: latestChange(rows) ?? frame.since,
    generator: 'Communer'
  })
  for (const row of rows) {
    const actor = actors.get(row.actor_id)
    const link = row.url ?? row.iri
    feed.addItem({
      id: row.iri,
      title: withoutControls(entryTitle(row)),
      link,
      date: row.updated ?? row.published,
      published: row.published,
      content: withoutControls(contentOf(row)),
      ...(actor === undefined ? {} : { author: [{ name: withoutControls(actor.name || actor.username), link: actor.url ?? actor.iri }] })
    })
  }
  return feed.atom1()
}

/** Last change of any of the rows, or null without rows. */
export function latestChange(rows: StatusRow[]): Date | null {
  return rows.reduce<Date | null>((latest, row) => {
    const changed = row.updated ?? row.published
    return latest === null || changed > latest ? changed : latest
  }, null)
}

/** The name of an event says what became of it: many readers show nothing else. */
export function entryTitle(row: StatusRow): string {
  return row.type === 'Event' ? markedTitle(titleOf(row), eventStatusOf(row.event_status)) : titleOf(row)
}

function titleOf(row: StatusRow): string {
  return row.name || row.summary || plainLine(row.content_html, TITLE_CHARACTERS) || '…'
}

/** A content warning stays in front of what it warns of. */
function contentOf(row: StatusRow): string {
  if (row.type === 'Event') return `<p>${escape(eventLine(row, row.language ?? 'fr'))}</p>${row.content_html}`
  return row.summary && !row.name ? `<p>${escape(row.summary)}</p>${row.content_html}` : row.content_html
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** XML 1.0 has no way to write these, not even escaped. */
function withoutControls(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
}
