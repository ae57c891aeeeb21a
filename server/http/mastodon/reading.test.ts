// What people keep and sort for themselves, through the Mastodon API: bookmarks, lists, filters, mutes, hashtags.
import t from 'tap'
import { saveFollow } from '../../db/links.ts'
import { prune } from '../../db/prune.ts'
import { clientScene, type Client, type Json } from '../../test/client.ts'
import { receive, create, note } from '../../test/arrivals.ts'
import { remotePerson } from '../../test/people.ts'

const post = async (who: Client, status: string, more: object = {}): Promise<Json> =>
  (await who.call('POST', '/api/v1/statuses', { status, ...more })).json
const ids = (rows: Json): string[] => rows.map(({ id }: Json) => id)

t.test('a bookmark is one’s own, listed latest first, and goes with the post', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const one = await post(alice, 'Marché samedi')
  const two = await post(alice, 'Réunion lundi')
  t.match((await bea.call('POST', `/api/v1/statuses/${one.id}/bookmark`)).json, { id: one.id, bookmarked: true })
  await bea.call('POST', `/api/v1/statuses/${two.id}/bookmark`)
  await bea.call('POST', `/api/v1/statuses/${two.id}/bookmark`)
  const list = await bea.call('GET', '/api/v1/bookmarks?limit=1')
  t.same(ids(list.json), [two.id])
  const next = /<([^>]+)>; rel="next"/.exec(list.headers.link)![1]!
  t.same(ids((await bea.call('GET', next.slice('https://commune.test'.length))).json), [one.id])
  t.match((await alice.call('GET', `/api/v1/statuses/${one.id}`)).json, { bookmarked: false })
  t.same((await alice.call('GET', '/api/v1/bookmarks')).json, [])
  t.equal((await anyone('GET', '/api/v1/bookmarks')).status, 401)
  t.match((await bea.call('POST', `/api/v1/statuses/${one.id}/unbookmark`)).json, { bookmarked: false })
  await alice.call('DELETE', `/api/v1/statuses/${two.id}`)
  t.same((await bea.call('GET', '/api/v1/bookmarks')).json, [])
  const hidden = await post(alice, 'entre nous', { visibility: 'direct' })
  t.equal((await bea.call('POST', `/api/v1/statuses/${hidden.id}/bookmark`)).status, 404)
})

t.test('a list shows its members as its policy says; nobody else reads or fills it (V18)', async (t) => {
  const { ctx, alice, bea } = await clientScene(t)
  const carl = await remotePerson(ctx, 'carl@elsewhere.example')
  const list = (await alice.call('POST', '/api/v1/lists', { title: 'Voisins', replies_policy: 'none' })).json
  t.strictSame(list, { id: list.id, title: 'Voisins', replies_policy: 'none', exclusive: false })
  t.equal((await alice.call('POST', '/api/v1/lists', { title: ' ' })).status, 422)
  const add = (who: Client, id: string) => who.call('POST', `/api/v1/lists/${list.id}/accounts`, { account_ids: [id] })
  t.equal((await add(alice, bea.actor.id)).status, 404, 'who is not followed cannot be on a list')
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/follow`)
  await saveFollow(ctx, ctx.db, { iri: `${alice.actor.iri}#c`, follower: alice.actor, followedId: carl.id, state: 'accepted' })
  t.strictSame((await add(alice, bea.actor.id)).json, {})
  for (const [method, path] of [
    ['GET', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['GET', '/accounts'],
    ['POST', '/accounts']
  ] as const)
    t.equal((await bea.call(method, `/api/v1/lists/${list.id}${path}`, method === 'GET' ? undefined : {})).status, 404)
  t.equal((await bea.call('GET', `/api/v1/timelines/list/${list.id}`)).status, 404)
  t.match((await alice.call('GET', `/api/v1/lists/${list.id}/accounts?limit=0`)).json, [{ acct: 'bea' }])
  t.match((await alice.call('GET', `/api/v1/accounts/${bea.actor.id}/lists`)).json, [{ id: list.id }])
  const said = await post(bea, 'Bonjour')
  const forCarl = note(carl)
  await receive(ctx, create(carl, forCarl))
  const carlsId = (await ctx.db('objects').where({ iri: forCarl.id }).first('id')).id
  const answer = await post(bea, '@carl@elsewhere.example oui', { in_reply_to_id: carlsId })
  const timeline = async (): Promise<string[]> => ids((await alice.call('GET', `/api/v1/timelines/list/${list.id}`)).json)
  t.same(await timeline(), [said.id])
  await alice.call('PUT', `/api/v1/lists/${list.id}`, { title: 'Voisins', replies_policy: 'list' })
  t.same(await timeline(), [said.id])
  await alice.call('PUT', `/api/v1/lists/${list.id}`, { replies_policy: 'followed', exclusive: true })
  t.same(await timeline(), [answer.id, said.id])
  t.same(ids((await alice.call('GET', `/api/v1/timelines/list/${list.id}?limit=1&max_id=${answer.id}`)).json), [said.id])
  t.notOk(ids((await alice.call('GET', '/api/v1/timelines/home')).json).includes(said.id), 'an exclusive list empties the home')
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/unfollow`)
  t.same(await timeline(), [], 'who is followed no more leaves the list')
  await alice.call('DELETE', `/api/v1/lists/${list.id}`)
  t.same((await alice.call('GET', '/api/v1/lists')).json, [])
})

t.test('filters mark what they meet, for their owner alone, until they end', async (t) => {
  const { alice, bea, clock } = await clientScene(t)
  const made = await alice.call('POST', '/api/v2/filters', {
    title: 'Chasse',
    context: ['home', 'public', 'nowhere'],
    filter_action: 'hide',
    expires_in: 3600,
    keywords_attributes: [
      { keyword: 'Sanglier', whole_word: true },
      { keyword: '#chas', whole_word: false }
    ]
  })
  t.equal(made.status, 200)
  const filter = made.json
  t.match(filter, {
    title: 'Chasse',
    context: ['home', 'public'],
    filter_action: 'hide',
    keywords: [{ whole_word: true }, {}],
    statuses: []
  })
  const seen = async (who: Client, id: string): Promise<Json> => (await who.call('GET', `/api/v1/statuses/${id}`)).json.filtered
  const word = await post(bea, 'Un sanglier dans le jardin')
  const many = await post(bea, 'Des sangliers partout #chasse')
  const other = await post(bea, 'Rien')
  t.match(await seen(alice, word.id), [{ filter: { id: filter.id, title: 'Chasse' }, keyword_matches: ['Sanglier'], status_matches: null }])
  t.match(await seen(alice, many.id), [{ keyword_matches: ['#chas'] }])
  t.same(await seen(alice, other.id), [])
  t.same(await seen(bea, word.id), [])
  const named = (await alice.call('POST', `/api/v2/filters/${filter.id}/statuses`, { status_id: other.id })).json
  t.match(await seen(alice, other.id), [{ keyword_matches: null, status_matches: [other.id] }])
  const boost = (await bea.call('POST', `/api/v1/statuses/${word.id}/reblog`)).json
  t.match(await seen(alice, boost.id), [{ keyword_matches: ['Sanglier'] }])

  t.match((await alice.call('GET', '/api/v1/filters')).json, [
    { phrase: 'Sanglier', whole_word: true, irreversible: true },
    { phrase: '#chas' }
  ])
  const added = (await alice.call('POST', `/api/v2/filters/${filter.id}/keywords`, { keyword: 'rien' })).json
  t.match(added, { keyword: 'rien', whole_word: true })
  t.match((await alice.call('PUT', `/api/v2/filters/keywords/${added.id}`, { keyword: 'battue', whole_word: false })).json, {
    whole_word: false
  })
  for (const path of [filter.id, `keywords/${added.id}`, `statuses/${named.id}`, `${filter.id}/keywords`, `${filter.id}/statuses`])
    t.equal((await bea.call('GET', `/api/v2/filters/${path}`)).status, 404, path)
  t.equal((await bea.call('DELETE', `/api/v2/filters/keywords/${added.id}`)).status, 404)
  t.match((await alice.call('DELETE', `/api/v2/filters/statuses/${named.id}`)).json, { status_id: other.id })
  await alice.call('PUT', `/api/v2/filters/${filter.id}`, { keywords_attributes: [{ id: added.id, _destroy: true }] })
  t.equal((await alice.call('GET', `/api/v2/filters/${filter.id}`)).json.keywords.length, 2)
  t.equal((await alice.call('POST', '/api/v2/filters', { title: 'x', context: ['nowhere'] })).status, 422)
  t.equal(
    (await alice.call('POST', '/api/v2/filters', { title: 'x', context: ['home'], keywords_attributes: [{ keyword: ' ' }] })).status,
    422
  )

  await bea.call('POST', '/api/v1/statuses', { status: '@alice un sanglier !' })
  t.match((await alice.call('GET', '/api/v1/notifications?types[]=mention')).json, [
    { status: { filtered: [{ filter: { id: filter.id } }] } }
  ])
  clock.advance(3_601_000)
  t.same(await seen(alice, word.id), [])
  t.strictSame((await alice.call('DELETE', `/api/v2/filters/${filter.id}`)).json, {})
  t.same((await alice.call('GET', '/api/v2/filters')).json, [])
})

t.test('a mute may end by itself; a muted thread makes no news', async (t) => {
  const { ctx, alice, bea, clock } = await clientScene(t)
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/follow`)
  t.match((await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/mute`, { duration: 60, notifications: false })).json, {
    muting: true,
    muting_notifications: false
  })
  t.match((await alice.call('GET', '/api/v1/mutes')).json, [
    { acct: 'bea', mute_expires_at: new Date(clock.now().getTime() + 60_000).toISOString() }
  ])
  const said = await post(bea, 'Bonjour')
  t.same((await alice.call('GET', '/api/v1/timelines/home')).json, [])
  clock.advance(61_000)
  t.same(ids((await alice.call('GET', '/api/v1/timelines/home')).json), [said.id])
  t.same((await alice.call('GET', '/api/v1/mutes')).json, [])
  t.match((await alice.call('GET', `/api/v1/accounts/relationships?id[]=${bea.actor.id}`)).json, [{ muting: false }])
  await prune(ctx.db, clock.now())
  t.same(await ctx.db('mutes'), [])

  const mine = await post(alice, 'Débat')
  t.match((await alice.call('POST', `/api/v1/statuses/${mine.id}/mute`)).json, { muted: true })
  const answer = await post(bea, '@alice pas d’accord', { in_reply_to_id: mine.id })
  await bea.call('POST', `/api/v1/statuses/${mine.id}/favourite`)
  t.same((await alice.call('GET', '/api/v1/notifications?exclude_types[]=follow')).json, [])
  t.match((await alice.call('GET', `/api/v1/statuses/${answer.id}`)).json, { muted: true })
  t.match((await bea.call('GET', `/api/v1/statuses/${answer.id}`)).json, { muted: false })
  t.match((await alice.call('POST', `/api/v1/statuses/${answer.id}/unmute`)).json, { muted: false })
  await post(bea, '@alice et encore', { in_reply_to_id: answer.id })
  t.match((await alice.call('GET', '/api/v1/notifications')).json, [{ type: 'mention' }])

  t.match((await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/note`, { comment: 'ma voisine' })).json, { note: 'ma voisine' })
  t.match((await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/note`, { comment: '' })).json, { note: '' })
})

t.test('a followed hashtag brings public posts home; a featured one is counted on the profile', async (t) => {
  const { ctx, alice, bea, anyone } = await clientScene(t)
  const carl = await remotePerson(ctx, 'carl@elsewhere.example')
  await saveFollow(ctx, ctx.db, { iri: `${bea.actor.iri}#c`, follower: bea.actor, followedId: carl.id, state: 'accepted' })
  t.match((await alice.call('POST', '/api/v1/tags/Fête/follow')).json, { name: 'Fête', following: true, featuring: false })
  t.match((await alice.call('GET', '/api/v1/followed_tags')).json, [{ name: 'Fête', id: 'fete', following: true }])
  const here = await post(bea, 'Ce soir #fete')
  await post(bea, 'en privé #fete', { visibility: 'private' })
  const there = note(carl, { tag: [{ type: 'Hashtag', name: '#FÊTE' }], published: new Date(ctx.clock.now()).toISOString() })
  await receive(ctx, create(carl, there))
  const home = (await alice.call('GET', '/api/v1/timelines/home')).json
  t.same(home.map(({ uri }: Json) => uri).sort(), [here.uri, there.id].sort())
  const { json: tag } = await anyone('GET', '/api/v1/tags/fete')
  t.match(tag, { name: 'fete', following: false })
  t.equal(tag.history.length, 7)
  t.match(tag.history[0], { uses: '2', accounts: '2' })
  t.equal((await anyone('GET', '/api/v1/tags/42')).status, 404)
  t.match((await alice.call('POST', '/api/v1/tags/fete/unfollow')).json, { following: false })
  t.same((await alice.call('GET', '/api/v1/timelines/home')).json, [])

  const featured = (await bea.call('POST', '/api/v1/featured_tags', { name: '#Fête' })).json
  t.match(featured, { name: 'Fête', statuses_count: '1', last_status_at: /^2\d{3}-\d\d-\d\d$/ })
  t.match((await anyone('GET', `/api/v1/accounts/${bea.actor.id}/featured_tags`)).json, [{ id: featured.id }])
  t.match((await bea.call('GET', '/api/v1/featured_tags/suggestions')).json, [{ name: 'fete', featuring: true }])
  t.equal((await alice.call('DELETE', `/api/v1/featured_tags/${featured.id}`)).status, 404)
  await bea.call('DELETE', `/api/v1/featured_tags/${featured.id}`)
  t.same((await bea.call('GET', '/api/v1/featured_tags')).json, [])
})
