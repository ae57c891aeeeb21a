// Which post quotes which, and whether the quoted author agreed (FEP-044f). Rows only: who may agree is judged in protocol/.
import type { Knex } from 'knex'
import type { Page } from './paging.ts'
import { inOrder, pageOf } from './paging.ts'
import type { QuoteRow } from './rows.ts'
import { statusColumns, type StatusRow } from './status-parts.ts'
import { visibleTo, type Viewer } from './visibility.ts'

export type NewQuote = Pick<QuoteRow, 'quote_iri' | 'quoted_iri' | 'state'> & Partial<QuoteRow>

/** Writes what a post quotes; what was known of it before is replaced only by what is given. */
export async function saveQuote(trx: Knex, quote: NewQuote): Promise<QuoteRow> {
  const [row] = await trx<QuoteRow>('quotes').insert(quote).onConflict('quote_iri').merge(quote).returning('*')
  return row!
}

/** Quotes that came with remote posts, waiting for their permission to be looked at. One that is already known keeps its state. */
export async function saveArrivedQuotes(trx: Knex, quotes: { quoteIri: string; quoteId: string; quotedIri: string }[]): Promise<void> {
  if (quotes.length === 0) return
  await trx('quotes')
    .insert(
      quotes.map(({ quoteIri, quoteId, quotedIri }) => ({
        quote_iri: quoteIri,
        quote_id: quoteId,
        quoted_iri: quotedIri,
        state: 'pending'
      }))
    )
    .onConflict('quote_iri')
    .merge(['quote_id'])
}

/** By the IRI of the post that quotes. */
export async function findQuote(trx: Knex, quoteIri: string): Promise<QuoteRow | undefined> {
  return trx<QuoteRow>('quotes').where({ quote_iri: quoteIri }).first()
}

/** By the IRI of its QuoteAuthorization. */
export async function findQuoteByStamp(trx: Knex, stampIri: string): Promise<QuoteRow | undefined> {
  return trx<QuoteRow>('quotes').where({ stamp_iri: stampIri }).first()
}

/** By the id of the QuoteRequest that asked. */
export async function findQuoteByRequest(trx: Knex, requestIri: string): Promise<QuoteRow | undefined> {
  return trx<QuoteRow>('quotes').where({ request_iri: requestIri }).first()
}

/** Changes one quote. */
export async function changeQuote(trx: Knex, quoteIri: string, change: Partial<QuoteRow>): Promise<void> {
  await trx('quotes').where({ quote_iri: quoteIri }).update(change)
}

/** Post and quoted post of a stamp that stands, for its document; undefined when it was revoked or is unknown. */
export async function findStamp(
  db: Knex,
  stampIri: string
): Promise<{ quote_iri: string; quoted_iri: string; author_iri: string } | undefined> {
  const query = db('quotes as q')
    .join('objects as o', 'o.id', 'q.quoted_id')
    .join('actors as author', 'author.id', 'o.actor_id')
    .where({ 'q.stamp_iri': stampIri, 'q.state': 'accepted', 'o.local': true })
  return visibleTo(query, { actorId: null }, 'o').first('q.quote_iri', 'q.quoted_iri', 'author.iri as author_iri')
}

/** What the documents of a post need to say of the post it quotes. */
export async function quotedBy(
  trx: Knex,
  quoteId: string
): Promise<{ iri: string; url: string | null; stamp_iri: string | null; state: string } | undefined> {
  return trx('quotes as q')
    .leftJoin('objects as o', 'o.id', 'q.quoted_id')
    .where({ 'q.quote_id': quoteId })
    .first('q.quoted_iri as iri', 'o.url', 'q.stamp_iri', 'q.state')
}

/** Accepted quotes of a post, newest first. Plan: quotes_quoted backwards, objects by primary key. */
export async function quotesOf(db: Knex, objectId: string, viewer: Viewer, page: Page): Promise<StatusRow[]> {
  const query = db('quotes as q')
    .join('objects as o', 'o.id', 'q.quote_id')
    .where({ 'q.quoted_id': objectId, 'q.state': 'accepted' })
    .select(statusColumns('o'))
  return inOrder((await pageOf(visibleTo(query, viewer, 'o'), 'q.quote_id', page)) as StatusRow[], page)
}
