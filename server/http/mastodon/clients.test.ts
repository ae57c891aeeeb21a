// Two libraries that real apps are made of, against a listening instance: what they ask for, they understand.
import generator from 'megalodon'
import { createRestAPIClient, createStreamingAPIClient } from 'masto'
import t from 'tap'
import { WebSocket } from 'ws'
import { clientScene } from '../../test/client.ts'

t.test('masto.js keeps, sorts, filters and listens', async (t) => {
  const { app, alice, bea } = await clientScene(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const masto = createRestAPIClient({ url, accessToken: alice.token })
  const her = createRestAPIClient({ url, accessToken: bea.token })
  t.equal((await masto.v1.accounts.verifyCredentials()).acct, 'alice')
  await masto.v1.accounts.$select(bea.actor.id).follow()
  const stream = createStreamingAPIClient({
    streamingApiUrl: url.replace('http', 'ws'),
    accessToken: alice.token,
    implementation: WebSocket
  })
  const events = stream.user.subscribe()[Symbol.asyncIterator]()
  const first = events.next()
  let said = await her.v1.statuses.create({ status: 'Bonjour 0' })
  // The socket opens when it likes: say something until it is heard.
  let heard = await Promise.race([first, new Promise<null>((resolve) => setTimeout(resolve, 500, null))])
  for (let turn = 1; heard === null && turn < 20; turn += 1) {
    said = await her.v1.statuses.create({ status: `Bonjour ${turn}` })
    heard = await Promise.race([first, new Promise<null>((resolve) => setTimeout(resolve, 500, null))])
  }
  t.match(heard?.value, { event: 'update', stream: ['user'], payload: { account: { acct: 'bea' } } })
  stream.close()

  t.equal((await masto.v1.statuses.$select(said.id).bookmark()).bookmarked, true)
  t.equal((await masto.v1.bookmarks.list())[0]?.id, said.id)
  const list = await masto.v1.lists.create({ title: 'Voisins' })
  await masto.v1.lists.$select(list.id).accounts.create({ accountIds: [bea.actor.id] })
  t.equal((await masto.v1.timelines.list.$select(list.id).list())[0]?.id, said.id)
  const filter = await masto.v2.filters.create({
    title: 'f',
    context: ['home'],
    filterAction: 'warn',
    keywordsAttributes: [{ keyword: 'bonjour' }]
  })
  t.equal(filter.keywords[0]?.keyword, 'bonjour')
  t.equal((await masto.v1.timelines.home.list())[0]?.filtered?.[0]?.filter.title, 'f')
  t.equal((await masto.v1.tags.$select('fete').follow()).following, true)
  await her.v1.statuses.create({ status: '@alice un mot', visibility: 'direct' })
  t.equal((await masto.v1.conversations.list())[0]?.accounts[0]?.acct, 'bea')
  const grouped = await masto.v2.notifications.list()
  t.equal(grouped.notificationGroups[0]?.type, 'mention')
  t.equal((await masto.v2.notifications.policy.fetch()).summary.pendingRequestsCount, 0)
  t.match(await masto.v1.markers.create({ home: { lastReadId: said.id } }), { home: { lastReadId: said.id } })
  const refusal = await masto.v1.push.subscription.fetch().catch((error: { statusCode: number }) => error.statusCode)
  t.equal(refusal, 404)
})

t.test('megalodon reads the same', async (t) => {
  const { app, alice, bea } = await clientScene(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  // CommonJS: its default export stands inside the module.
  const api = (generator as unknown as { default: typeof generator }).default('mastodon', url, alice.token)
  const instance = (await api.getInstance()).data
  t.match(instance, { urls: { streaming_api: /^wss/ } })
  const said = (await api.postStatus('Bonjour #fete')).data as { id: string }
  t.equal((await api.bookmarkStatus(said.id)).data.bookmarked, true)
  t.equal((await api.getBookmarks()).data[0]?.id, said.id)
  await api.followAccount(bea.actor.id)
  const list = (await api.createList('Amis')).data
  await api.addAccountsToList(list.id, [bea.actor.id])
  t.equal((await api.getAccountsInList(list.id)).data[0]?.acct, 'bea')
  t.equal((await api.getInstanceTrends()).data[0]?.name, 'fete')
  t.same((await api.getConversationTimeline()).data, [])
  t.same((await api.getScheduledStatuses()).data, [])
  t.same((await api.getFilters()).data, [])
})
