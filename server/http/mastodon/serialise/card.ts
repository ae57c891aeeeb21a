// The page a post links to → PreviewCard. A post known here speaks from its own row, to those who may see it; pictures come through our
// proxy only. Pure.
import type { Ctx } from '../../../context.ts'
import { textOfHtml } from '../../../core/html.ts'
import type { CardPart, StatusParts, StatusRow } from '../../../db/status-parts.ts'
import { plainLine } from '../../../vocab/values.ts'
import { acctOf, actorUrl, toAccount } from './account.ts'
import type { PreviewCard } from './entities.ts'
import { proxied } from './images.ts'

/** A PreviewCard, or null when there is nothing to show to this reader. */
export function toCard(ctx: Ctx, card: CardPart | null, parts: StatusParts): PreviewCard | null {
  if (card === null) return null
  if (card.target_id !== null) return toPostCard(ctx, card, parts.linked.get(card.target_id), parts)
  if (card.title === null) return null
  const author = card.author_name
  return {
    ...EMPTY,
    url: card.url,
    title: card.title,
    description: card.description,
    language: card.language,
    author_name: author,
    authors: author === '' ? [] : [{ name: author, url: '', account: null }],
    provider_name: card.provider_name || card.host,
    width: card.image_width,
    height: card.image_height,
    image: card.image_url === null ? null : proxied(ctx, card.image_url),
    image_description: card.image_description,
    published_at: card.published_at === null ? null : new Date(card.published_at).toISOString()
  }
}

const EMPTY: Omit<PreviewCard, 'url' | 'title' | 'description'> = {
  language: null,
  type: 'link',
  author_name: '',
  author_url: '',
  authors: [],
  provider_name: '',
  provider_url: '',
  html: '',
  width: 0,
  height: 0,
  image: null,
  image_description: '',
  embed_url: '',
  blurhash: null,
  published_at: null
}

function toPostCard(ctx: Ctx, card: CardPart, row: StatusRow | undefined, parts: StatusParts): PreviewCard | null {
  const author = row === undefined ? undefined : parts.actors.get(row.actor_id)
  if (row === undefined || author === undefined) return null
  const name = author.name || acctOf(author)
  // A warning stands before what it warns of.
  const words = row.name ? textOfHtml(row.content_html) : row.summary || (row.sensitive ? '' : textOfHtml(row.content_html))
  return {
    ...EMPTY,
    url: card.url,
    title: row.name || name,
    description: plainLine(words, 300),
    language: row.language,
    author_name: name,
    author_url: actorUrl(ctx, author),
    authors: [{ name, url: actorUrl(ctx, author), account: toAccount(ctx, author, author) }],
    provider_name: author.local ? (ctx.site?.name ?? '') : card.host,
    published_at: row.published.toISOString()
  }
}
