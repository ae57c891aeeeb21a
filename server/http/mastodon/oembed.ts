// oEmbed: what other sites show of a public post when somebody pastes its address (docs.joinmastodon.org/methods/oembed, oembed.com).
// The HTML is made of escaped plain text alone: nothing an author wrote becomes markup on somebody else's page.
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { escapeHtml, plainText } from '../../core/plain-text.ts'
import { requireSite } from '../../db/site.ts'
import { ANYONE } from '../../db/visibility.ts'
import { notFound, textOf, type Params } from './params.ts'
import { presentStatus } from './present.ts'

const MAX_CHARACTERS = 500
const DAY_SECONDS = 86_400

/** Fastify plugin. Only pages of this instance, only what anyone may see. */
export async function mastodonOembed(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/api/oembed', { config: { public: true } }, async (request) => {
    const query = request.query as Params
    if ((textOf(query['format']) ?? 'json') !== 'json') throw new AppError('oembed.format', 501, 'Only JSON is offered.')
    const { origin, name } = requireSite(ctx)
    const asked = textOf(query['url']) ?? ''
    const url = URL.canParse(asked) ? new URL(asked) : null
    const id = url?.origin === origin ? /^\/(?:@[^/]+|evenements)\/([0-9]{1,18})$/.exec(url.pathname)?.[1] : undefined
    if (id === undefined) throw notFound()
    const status = await presentStatus(ctx, id, ANYONE)
    const address = status.url ?? status.uri
    // A post of elsewhere is embedded from its own server.
    if (!address.startsWith(`${origin}/`)) throw notFound()
    const author = status.account.display_name || status.account.username
    const warned = status.spoiler_text === '' ? plainText(status.content) : status.spoiler_text
    const words = [...warned].slice(0, MAX_CHARACTERS).join('')
    return {
      type: 'rich',
      version: '1.0',
      title: `${author} (@${status.account.acct})`,
      author_name: author,
      author_url: status.account.url,
      provider_name: name,
      provider_url: origin,
      cache_age: DAY_SECONDS,
      html: `<blockquote cite="${escapeHtml(address)}"><p>${escapeHtml(words).replaceAll('\n', '<br>')}</p>— <a href="${escapeHtml(address)}">${escapeHtml(author)}</a></blockquote>`,
      width: 400,
      height: null
    }
  })
}
