// What the instance says of itself to Mastodon's apps: v1 and v2 entities, rules, peers (ecosystem.md §4.1).
import type { FastifyInstance } from 'fastify'
import type { Ctx, Site } from '../../context.ts'
import { paragraphs } from '../../core/plain-text.ts'
import { requireSite } from '../../db/site.ts'
import { POLL_LIMITS } from '../../features/wall/poll.ts'
import { MAX_FEATURED_TAGS } from '../../features/tags/tags.ts'
import { contactOf, instanceNumbers, knownHosts } from '../../features/admin/instance.ts'
import { legalChangedAt, legalText } from '../../features/admin/legal.ts'
import { text } from '../../locales/texts.ts'
import { pushPublicKey } from '../../protocol/push.ts'
import { localeOf } from '../plugins/locale.ts'
import { MAX_FILE_BYTES } from '../plugins/bodies.ts'
import { toAccount } from './serialise/account.ts'
import type { Account } from './serialise/entities.ts'
import { VERSION } from '../../core/version.ts'

/** Clients switch features on by the Mastodon version they read here. */
export const COMPATIBLE_VERSION = `4.5.0 (compatible; Communer ${VERSION})`
// 7: quotes.
const API_VERSION = 7

const PUBLIC = { config: { public: true } }

// The limits our own composer respects; kept equal to features/wall and features/media.
const CONFIGURATION = {
  statuses: { max_characters: 5000, max_media_attachments: 4, characters_reserved_per_url: 23 },
  media_attachments: {
    supported_mime_types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
    description_limit: 1500,
    image_size_limit: MAX_FILE_BYTES,
    image_matrix_limit: 40_000_000,
    video_size_limit: 0,
    video_frame_rate_limit: 0,
    video_matrix_limit: 0
  },
  polls: POLL_LIMITS
}

/** Fastify plugin. */
export async function mastodonInstance(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/api/v2/instance', PUBLIC, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=60')
    return await instanceV2(ctx)
  })
  app.get('/api/v1/instance', PUBLIC, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=60')
    return await instanceV1(ctx)
  })
  app.get('/api/v1/instance/rules', PUBLIC, async (request) => rules(localeOf(request)))
  app.get('/api/v1/instance/peers', PUBLIC, async () => await knownHosts(ctx))
  app.get('/api/v1/instance/extended_description', PUBLIC, async () => ({
    updated_at: (await legalChangedAt(ctx)).toISOString(),
    content: paragraphs(requireSite(ctx).description)
  }))
  app.get('/api/v1/instance/privacy_policy', PUBLIC, async (request) => ({
    updated_at: (await legalChangedAt(ctx)).toISOString(),
    content: (await legalText(ctx, 'privacy', localeOf(request))).html
  }))
  app.get('/api/v1/instance/terms_of_service', PUBLIC, async (request) => ({
    effective_date: (await legalChangedAt(ctx)).toISOString().slice(0, 10),
    effective: true,
    content: (await legalText(ctx, 'terms', localeOf(request))).html,
    succeeded_by: null
  }))
  // No translation here: no pair of languages.
  app.get('/api/v1/instance/translation_languages', PUBLIC, async () => ({}))
}

async function instanceV2(ctx: Ctx) {
  const site = requireSite(ctx)
  const numbers = await instanceNumbers(ctx)
  const contact = await contact_(ctx)
  return {
    domain: site.accountDomain,
    title: site.name,
    version: COMPATIBLE_VERSION,
    source_url: 'https://www.gnu.org/licenses/agpl-3.0.html',
    description: site.description,
    usage: { users: { active_month: numbers.activeMonth } },
    thumbnail: { url: `${site.origin}/headers/original/missing.png`, blurhash: null, versions: {} },
    icon: [],
    languages: ['fr', 'en'],
    configuration: {
      urls: {
        streaming: streamingUrl(site),
        about: `${site.origin}/a-propos`,
        privacy_policy: `${site.origin}/confidentialite`,
        terms_of_service: `${site.origin}/conditions`
      },
      vapid: { public_key: await pushPublicKey(ctx) },
      accounts: { max_featured_tags: MAX_FEATURED_TAGS, max_pinned_statuses: 5 },
      ...CONFIGURATION,
      translation: { enabled: false },
      limited_federation: false
    },
    registrations: registrations(site),
    api_versions: { mastodon: API_VERSION, communer: 1 },
    contact: { email: '', account: contact },
    rules: rules('fr'),
    communer: {
      commune: { name: site.name, insee: site.insee, latitude: site.latitude, longitude: site.longitude },
      timezone: site.timezone
    }
  }
}

async function instanceV1(ctx: Ctx) {
  const site = requireSite(ctx)
  const numbers = await instanceNumbers(ctx)
  return {
    uri: site.accountDomain,
    title: site.name,
    short_description: site.description,
    description: site.description,
    email: '',
    version: COMPATIBLE_VERSION,
    urls: { streaming_api: streamingUrl(site) },
    stats: { user_count: numbers.users, status_count: numbers.statuses, domain_count: numbers.hosts },
    thumbnail: `${site.origin}/headers/original/missing.png`,
    languages: ['fr', 'en'],
    registrations: site.registrations !== 'closed',
    approval_required: site.registrations === 'approval',
    invites_enabled: false,
    configuration: { accounts: { max_featured_tags: MAX_FEATURED_TAGS }, ...CONFIGURATION },
    contact_account: await contact_(ctx),
    rules: rules('fr')
  }
}

/** Where clients open sockets: they add /api/v1/streaming. */
function streamingUrl(site: Site): string {
  return site.origin.replace(/^http/, 'ws')
}

function registrations(site: Site) {
  return {
    enabled: site.registrations !== 'closed',
    approval_required: site.registrations === 'approval',
    reason_required: site.registrations === 'approval',
    message: null,
    min_age: null,
    url: null
  }
}

async function contact_(ctx: Ctx): Promise<Account | null> {
  const actor = await contactOf(ctx)
  return actor === null ? null : toAccount(ctx, actor, null)
}

function rules(locale: 'fr' | 'en') {
  return [1, 2, 3].map((number) => ({ id: String(number), text: text(locale, `rules.${number}`), hint: '', translations: {} }))
}
