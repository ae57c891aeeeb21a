// The methods Mastodon documents (docs.joinmastodon.org/methods, 4.5), one by one: served, or absent with a reason.
import Fastify, { type HTTPMethods } from 'fastify'
import t from 'tap'
import { buildApp } from '../../app.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { caller, clientScene, type Json } from '../../test/client.ts'
import { testContext } from '../../test/context.ts'
import { answerOf, contract, isInContract } from '../../test/contract.ts'

const SERVED = `
POST /api/v1/apps
GET /api/v1/apps/verify_credentials
GET /oauth/authorize
POST /oauth/token
POST /oauth/revoke
GET /oauth/userinfo
GET /.well-known/oauth-authorization-server
POST /api/v1/accounts
GET /api/v1/accounts/verify_credentials
PATCH /api/v1/accounts/update_credentials
GET /api/v1/accounts
GET /api/v1/accounts/:id
GET /api/v1/accounts/:id/statuses
GET /api/v1/accounts/:id/followers
GET /api/v1/accounts/:id/following
GET /api/v1/accounts/:id/featured_tags
GET /api/v1/accounts/:id/endorsements
GET /api/v1/accounts/:id/lists
POST /api/v1/accounts/:id/follow
POST /api/v1/accounts/:id/unfollow
POST /api/v1/accounts/:id/remove_from_followers
POST /api/v1/accounts/:id/block
POST /api/v1/accounts/:id/unblock
POST /api/v1/accounts/:id/mute
POST /api/v1/accounts/:id/unmute
POST /api/v1/accounts/:id/pin
POST /api/v1/accounts/:id/unpin
POST /api/v1/accounts/:id/endorse
POST /api/v1/accounts/:id/unendorse
POST /api/v1/accounts/:id/note
GET /api/v1/accounts/relationships
GET /api/v1/accounts/familiar_followers
GET /api/v1/accounts/search
GET /api/v1/accounts/lookup
DELETE /api/v1/profile/avatar
DELETE /api/v1/profile/header
GET /api/v1/bookmarks
GET /api/v1/favourites
GET /api/v1/mutes
GET /api/v1/blocks
GET /api/v1/domain_blocks
POST /api/v1/domain_blocks
DELETE /api/v1/domain_blocks
GET /api/v2/filters
POST /api/v2/filters
GET /api/v2/filters/:id
PUT /api/v2/filters/:id
DELETE /api/v2/filters/:id
GET /api/v2/filters/:id/keywords
POST /api/v2/filters/:id/keywords
GET /api/v2/filters/keywords/:id
PUT /api/v2/filters/keywords/:id
DELETE /api/v2/filters/keywords/:id
GET /api/v2/filters/:id/statuses
POST /api/v2/filters/:id/statuses
GET /api/v2/filters/statuses/:id
DELETE /api/v2/filters/statuses/:id
GET /api/v1/filters
POST /api/v1/filters
GET /api/v1/filters/:id
PUT /api/v1/filters/:id
DELETE /api/v1/filters/:id
POST /api/v1/reports
GET /api/v1/follow_requests
POST /api/v1/follow_requests/:id/authorize
POST /api/v1/follow_requests/:id/reject
GET /api/v1/endorsements
GET /api/v1/featured_tags
POST /api/v1/featured_tags
DELETE /api/v1/featured_tags/:id
GET /api/v1/featured_tags/suggestions
GET /api/v1/preferences
GET /api/v1/followed_tags
GET /api/v1/suggestions
GET /api/v2/suggestions
DELETE /api/v1/suggestions/:id
GET /api/v1/tags/:name
POST /api/v1/tags/:name/follow
POST /api/v1/tags/:name/unfollow
POST /api/v1/tags/:name/feature
POST /api/v1/tags/:name/unfeature
POST /api/v1/statuses
GET /api/v1/statuses
GET /api/v1/statuses/:id
DELETE /api/v1/statuses/:id
PUT /api/v1/statuses/:id
GET /api/v1/statuses/:id/context
GET /api/v1/statuses/:id/reblogged_by
GET /api/v1/statuses/:id/favourited_by
GET /api/v1/statuses/:id/quotes
POST /api/v1/statuses/:id/favourite
POST /api/v1/statuses/:id/unfavourite
POST /api/v1/statuses/:id/reblog
POST /api/v1/statuses/:id/unreblog
POST /api/v1/statuses/:id/bookmark
POST /api/v1/statuses/:id/unbookmark
POST /api/v1/statuses/:id/mute
POST /api/v1/statuses/:id/unmute
POST /api/v1/statuses/:id/pin
POST /api/v1/statuses/:id/unpin
POST /api/v1/statuses/:id/quotes/:quoting_id/revoke
PUT /api/v1/statuses/:id/interaction_policy
GET /api/v1/statuses/:id/history
GET /api/v1/statuses/:id/source
POST /api/v1/media
POST /api/v2/media
GET /api/v1/media/:id
PUT /api/v1/media/:id
DELETE /api/v1/media/:id
GET /api/v1/polls/:id
POST /api/v1/polls/:id/votes
GET /api/v1/scheduled_statuses
GET /api/v1/scheduled_statuses/:id
PUT /api/v1/scheduled_statuses/:id
DELETE /api/v1/scheduled_statuses/:id
GET /api/v1/timelines/public
GET /api/v1/timelines/tag/:hashtag
GET /api/v1/timelines/home
GET /api/v1/timelines/list/:id
GET /api/v1/conversations
DELETE /api/v1/conversations/:id
POST /api/v1/conversations/:id/read
GET /api/v1/lists
POST /api/v1/lists
GET /api/v1/lists/:id
PUT /api/v1/lists/:id
DELETE /api/v1/lists/:id
GET /api/v1/lists/:id/accounts
POST /api/v1/lists/:id/accounts
DELETE /api/v1/lists/:id/accounts
GET /api/v1/markers
POST /api/v1/markers
GET /api/v1/streaming/health
GET /api/v1/streaming/user
GET /api/v1/streaming/user/notification
GET /api/v1/streaming/public
GET /api/v1/streaming/public/local
GET /api/v1/streaming/public/remote
GET /api/v1/streaming/hashtag
GET /api/v1/streaming/hashtag/local
GET /api/v1/streaming/list
GET /api/v1/streaming/direct
GET /api/v1/notifications
GET /api/v1/notifications/:id
POST /api/v1/notifications/clear
POST /api/v1/notifications/:id/dismiss
GET /api/v1/notifications/unread_count
GET /api/v2/notifications/policy
PATCH /api/v2/notifications/policy
GET /api/v1/notifications/requests
GET /api/v1/notifications/requests/:id
POST /api/v1/notifications/requests/:id/accept
POST /api/v1/notifications/requests/:id/dismiss
POST /api/v1/notifications/requests/accept
POST /api/v1/notifications/requests/dismiss
GET /api/v1/notifications/requests/merged
GET /api/v2/notifications
GET /api/v2/notifications/:group_key
POST /api/v2/notifications/:group_key/dismiss
GET /api/v2/notifications/:group_key/accounts
GET /api/v2/notifications/unread_count
POST /api/v1/push/subscription
GET /api/v1/push/subscription
PUT /api/v1/push/subscription
DELETE /api/v1/push/subscription
GET /api/v2/search
GET /api/v2/instance
GET /api/v1/instance
GET /api/v1/instance/peers
GET /api/v1/instance/activity
GET /api/v1/instance/rules
GET /api/v1/instance/domain_blocks
GET /api/v1/instance/extended_description
GET /api/v1/instance/privacy_policy
GET /api/v1/instance/terms_of_service
GET /api/v1/instance/translation_languages
GET /api/v1/trends/tags
GET /api/v1/trends/statuses
GET /api/v1/trends/links
GET /api/v1/directory
GET /api/v1/custom_emojis
GET /api/v1/announcements
POST /api/v1/announcements/:id/dismiss
PUT /api/v1/announcements/:id/reactions/:name
DELETE /api/v1/announcements/:id/reactions/:name
GET /api/oembed
`
  .trim()
  .split('\n')
  .map((line) => line.split(' ') as [HTTPMethods, string])

/** What we do not have answers 404 in the API's own words; apps take that for "not here". */
const ABSENT = {
  'POST /api/v1/statuses/1/translate': 'no translation service: instance.configuration.translation says so',
  'GET /api/v1/timelines/link?url=https://example.com/': 'posts are found by their words and tags; trends/links counts pages only',
  'POST /api/v1/emails/confirmations': 'our own pages send links of confirmation again',
  'GET /api/v1/annual_reports': 'nobody is measured over a year',
  'GET /api/v1/async_refreshes/1': 'threads from elsewhere are fetched before they are shown',
  'GET /api/v1/accounts/1/identity_proofs': 'gone from Mastodon too',
  'GET /api/v1/admin/accounts': 'administration is the native API’s'
}

t.test('every method that Mastodon documents is served, or answers that it is not here', async (t) => {
  const { app, alice } = await clientScene(t)
  const missing = SERVED.filter(([method, url]) => !app.hasRoute({ method, url }) && !app.hasRoute({ method, url: `${url}/` }))
  t.same(missing, [])
  for (const [call, reason] of Object.entries(ABSENT)) {
    const [method, url] = call.split(' ') as ['GET', string]
    const { status, json } = await alice.call(method, url)
    t.equal(status, 404, `${call}: ${reason}`)
    t.type(json.error, 'string', call)
  }
})

t.test('every route of the API has an answer that is held against Mastodon’s documentation', async (t) => {
  const { ctx } = await testContext(t)
  const open: string[] = []
  const app = await buildApp(ctx, (route) => {
    if (!isInContract(route)) return
    for (const method of [route.method].flat()) if (answerOf(method, route.url) === undefined) open.push(`${method} ${route.url}`)
  })
  t.teardown(() => app.close())
  t.same(open, [])
})

t.test('an answer that is not as documented is found', async (t) => {
  const breaches: string[] = []
  const app = Fastify()
  app.addHook('onRoute', contract(breaches))
  app.get('/api/v1/lists', async () => [{ id: '1', title: 'x', replies_policy: 'friends', exclusive: false }])
  t.teardown(() => app.close())
  t.equal((await app.inject('/api/v1/lists')).statusCode, 500)
  t.match(breaches, [/GET \/api\/v1\/lists: \/0\/replies_policy/])
})

t.test('announcements reach everybody, are put away by each, and answered with emoji', async (t) => {
  const { ctx, app, alice, bea, anyone } = await clientScene(t)
  await ctx.db('accounts').where({ id: alice.account.id }).update({ role: 'admin' })
  const admin = '/api/communer/v1/admin/announcements'
  const token = await createToken(ctx, alice.account.id, 'admin:read admin:write read write')
  const chief = caller(app, token)
  t.equal((await bea.call('POST', admin, { content: 'x' })).status, 403)
  t.equal((await chief('POST', admin, { content: '  ' })).status, 422)
  t.equal((await chief('POST', admin, { content: 'x', ends_at: '2001-01-01T00:00:00Z' })).status, 422)
  const ends = new Date(ctx.clock.now().getTime() + 3_600_000).toISOString()
  const { status, json: made } = await chief('POST', admin, { content: 'Eau coupée\n<b>mardi</b>', ends_at: ends })
  t.equal(status, 201)
  const list = async (who = bea): Promise<Json[]> => (await who.call('GET', '/api/v1/announcements')).json
  t.match(await list(), [
    { id: made.id, content: '<p>Eau coupée<br>&lt;b&gt;mardi&lt;/b&gt;</p>', ends_at: ends, read: false, reactions: [] }
  ])
  const path = `/api/v1/announcements/${made.id}`
  t.equal((await bea.call('PUT', `${path}/reactions/${encodeURIComponent('👍')}`)).status, 200)
  t.equal((await bea.call('PUT', `${path}/reactions/oui`)).status, 422)
  t.match(await list(), [{ reactions: [{ name: '👍', count: 1, me: true }] }])
  t.match(await list(alice), [{ reactions: [{ name: '👍', count: 1, me: false }] }])
  await bea.call('DELETE', `${path}/reactions/${encodeURIComponent('👍')}`)
  t.match(await list(), [{ reactions: [] }])
  await bea.call('POST', `${path}/dismiss`)
  t.same(await list(), [])
  t.match((await bea.call('GET', '/api/v1/announcements?with_dismissed=true')).json, [{ read: true }])
  t.equal((await list(alice)).length, 1)
  t.match((await chief('PUT', `${admin}/${made.id}`, { content: 'Eau revenue', ends_at: null })).json, {
    content: 'Eau revenue',
    ends_at: null
  })
  t.equal((await bea.call('POST', '/api/v1/announcements/1/dismiss')).status, 404)
  t.equal((await anyone('GET', '/api/v1/announcements')).status, 401)
  await chief('DELETE', `${admin}/${made.id}`)
  t.same(await list(alice), [])
})

t.test('a follow may have a bell, and languages; the bell rings for new posts, not for answers to others', async (t) => {
  const { alice, bea } = await clientScene(t)
  const follow = (body: object) => bea.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`, body)
  t.match((await follow({ notify: true, languages: ['fr'] })).json, { following: true, notifying: true, languages: ['fr'] })
  t.equal((await follow({ languages: ['<b>'] })).status, 422)
  const post = async (status: string, more: object = {}): Promise<Json> =>
    (await alice.call('POST', '/api/v1/statuses', { status, ...more })).json
  const french = await post('Bonjour', { language: 'fr' })
  await post('Hello', { language: 'en' })
  const other = (await bea.call('POST', '/api/v1/statuses', { status: 'à moi' })).json
  await post('réponse', { in_reply_to_id: other.id, language: 'fr' })
  const homes = async (): Promise<string[]> =>
    (await bea.call('GET', '/api/v1/timelines/home')).json
      .filter((one: Json) => one.account.acct === 'alice')
      .map((one: Json) => one.content)
  t.same(
    (await bea.call('GET', '/api/v1/notifications?types[]=status')).json.map((one: Json) => one.status.id),
    [french.id]
  )
  t.notOk((await homes()).includes('<p>Hello</p>'))
  t.match((await follow({ languages: [], notify: false })).json, { notifying: false, languages: null })
  await post('Hello again', { language: 'en' })
  t.ok((await homes()).includes('<p>Hello again</p>'))
  await follow({ languages: ['fr'] })
  t.notOk((await homes()).includes('<p>Hello again</p>'), 'what is there already goes too')
  t.equal((await bea.call('GET', '/api/v1/notifications?types[]=status')).json.length, 1)
})

t.test('older apps filter one word at a time', async (t) => {
  const { alice, bea } = await clientScene(t)
  t.equal((await bea.call('POST', '/api/v1/filters', { phrase: 'x' })).status, 422, 'somewhere')
  const made = (await bea.call('POST', '/api/v1/filters', { phrase: 'chasse', context: ['home'], irreversible: true })).json
  t.match(made, { phrase: 'chasse', context: ['home'], irreversible: true, whole_word: true, expires_at: null })
  const path = `/api/v1/filters/${made.id}`
  const change = { phrase: 'battue', context: ['home', 'public'], whole_word: false, irreversible: false, expires_in: 60 }
  t.match((await bea.call('PUT', path, change)).json, {
    phrase: 'battue',
    context: ['home', 'public'],
    irreversible: false,
    expires_at: /Z$/
  })
  const [whole] = (await bea.call('GET', '/api/v2/filters')).json
  await bea.call('POST', `/api/v2/filters/${whole.id}/keywords`, { keyword: 'fusil' })
  t.equal((await bea.call('PUT', path, { phrase: 'battue', context: ['home'] })).status, 422, 'it would change the other word too')
  t.match((await bea.call('PUT', path, { phrase: 'gibier', context: ['public', 'home'] })).json, { phrase: 'gibier' })
  for (const method of ['GET', 'PUT', 'DELETE'] as const) t.equal((await alice.call(method, path)).status, 404, method)
  t.same((await bea.call('DELETE', path)).json, {})
  const [last, ...more] = (await bea.call('GET', '/api/v1/filters')).json
  t.same([last.phrase, more], ['fusil', []])
  await bea.call('DELETE', `/api/v1/filters/${last.id}`)
  t.same((await bea.call('GET', '/api/v2/filters')).json, [])
})

t.test('pages people link to are counted, and weeks of the instance', async (t) => {
  const { ctx, alice, bea, anyone } = await clientScene(t)
  const said: Json[] = []
  for (const who of [alice, bea, alice])
    said.push((await who.call('POST', '/api/v1/statuses', { status: 'https://journal.example/a' })).json)
  const hidden = (await alice.call('POST', '/api/v1/statuses', { status: 'https://journal.example/b', visibility: 'private' })).json
  const now = ctx.clock.now()
  const page = { id: 1, host: 'journal.example', fetched_at: now }
  await ctx.db('object_cards').delete()
  await ctx.db('preview_cards').insert([
    { ...page, url: 'https://journal.example/a', title: 'Le marché rouvre' },
    { ...page, id: 2, url: 'https://journal.example/b', title: 'Secret' }
  ])
  await ctx.db('object_cards').insert([...said.map(({ id }) => ({ object_id: id, card_id: 1 })), { object_id: hidden.id, card_id: 2 }])
  t.match((await anyone('GET', '/api/v1/trends/links')).json, [{ title: 'Le marché rouvre', history: [{ uses: '3', accounts: '2' }] }])
  t.equal((await anyone('GET', '/api/v1/trends/links')).json.length, 1, 'what is for some is counted for nobody')
  const weeks = (await anyone('GET', '/api/v1/instance/activity')).json
  t.equal(weeks.length, 12)
  t.match(weeks[0], { statuses: '3', registrations: '2' })
  t.equal(Number(weeks[0].week) - Number(weeks[1].week), 7 * 86_400)
  t.match(weeks[11], { statuses: '0', registrations: '0', logins: '0' })
})

t.test('W17, W24: no limit, cursor or order makes a list longer, slower or SQL', async (t) => {
  const { ctx, alice, anyone } = await clientScene(t)
  await alice.call('POST', '/api/v1/statuses', { status: 'Bonjour' })
  const asked: string[] = []
  ctx.db.on('query', ({ sql }: { sql: string }) => asked.push(sql))
  for (const query of [
    'limit=1000000000',
    'limit=-1',
    'limit=1e9&page=-1&page[]=x',
    "max_id=1'%20or%201%3D1--",
    'max_id[]=1&since_id[x]=2',
    'min_id=99999999999999999999999999',
    "orderBy=id;drop%20table%20objects&filter['x']=1",
    'offset=1000000000000'
  ]) {
    const { status, json } = await anyone('GET', `/api/v1/timelines/public?${query}`)
    t.ok(status === 200 || status === 400, `${query} ${status}`)
    if (status === 200) t.ok(json.length <= 40, query)
  }
  t.notOk(
    asked.some((sql) => /drop table|or 1=1|1000000000/.test(sql)),
    'what was asked is a parameter'
  )
})

t.test('one recommends whom one follows', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const endorsed = async (): Promise<string[]> =>
    (await anyone('GET', `/api/v1/accounts/${bea.actor.id}/endorsements`)).json.map((one: Json) => one.acct)
  t.equal((await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/endorse`)).status, 422)
  await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`)
  t.match((await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/pin`)).json, { endorsed: true })
  t.same(await endorsed(), ['alice'])
  t.match((await bea.call('GET', '/api/v1/endorsements')).json, [{ acct: 'alice' }])
  await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/unfollow`)
  t.same(await endorsed(), [], 'only whom one follows')
  t.match((await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/unendorse`)).json, { endorsed: false })
})

t.test('what the instance says of itself, and how much one may still ask', async (t) => {
  const { ctx, alice, anyone } = await clientScene(t)
  t.match((await anyone('GET', '/api/v1/instance/privacy_policy')).json, { updated_at: /Z$/, content: /<h2>/ })
  t.match((await anyone('GET', '/api/v1/instance/terms_of_service')).json, { effective: true, content: /<p>/, succeeded_by: null })
  t.same((await anyone('GET', '/api/v1/instance/translation_languages')).json, {})
  t.match((await anyone('GET', '/api/v1/instance/extended_description')).json, { updated_at: /Z$/ })
  const one = (await alice.call('GET', '/api/v1/preferences')).headers
  const two = (await alice.call('GET', '/api/v1/preferences')).headers
  t.equal(Number(one['x-ratelimit-remaining']) - Number(two['x-ratelimit-remaining']), 1)
  t.ok(new Date(one['x-ratelimit-reset']) > ctx.clock.now())
  const limited = (await alice.call('POST', '/api/v1/reports', {})).headers
  t.match(limited, { 'x-ratelimit-limit': '20', 'x-ratelimit-reset': /Z$/ }, 'a route’s own limit is the one that is told')
  await ctx.db('actors').where({ id: alice.actor.id }).update({ discoverable: true })
  t.match((await anyone('GET', '/api/v1/directory?limit=1&local=true')).headers.link, /offset=1>; rel="next"/)
  t.match((await alice.call('GET', '/api/v1/accounts/search?q=b')).json, [{ acct: 'bea' }], 'one letter is enough')
})
