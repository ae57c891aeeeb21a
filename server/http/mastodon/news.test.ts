// What reaches a person, through the Mastodon API: grouped notifications, what they let through, direct conversations.
import t from 'tap'
import { client, clientScene, type Client, type Json } from '../../test/client.ts'

const post = async (who: Client, status: string, more: object = {}): Promise<Json> =>
  (await who.call('POST', '/api/v1/statuses', { status, ...more })).json

t.test('likes of one post are one group; a group is read, counted and put away as a whole', async (t) => {
  const { ctx, app, alice, bea, anyone } = await clientScene(t)
  const carl = await client(ctx, app, 'carl')
  const one = await post(alice, 'Bonjour')
  const two = await post(alice, 'Bonsoir')
  for (const who of [bea, carl]) await who.call('POST', `/api/v1/statuses/${one.id}/favourite`)
  await bea.call('POST', `/api/v1/statuses/${two.id}/favourite`)
  await post(bea, '@alice salut')
  const { json, headers } = await alice.call('GET', '/api/v2/notifications')
  t.match(json.notification_groups, [
    { type: 'mention', notifications_count: 1, sample_account_ids: [bea.actor.id] },
    { type: 'favourite', notifications_count: 1, status_id: two.id },
    { type: 'favourite', notifications_count: 2, status_id: one.id, sample_account_ids: [carl.actor.id, bea.actor.id] }
  ])
  t.equal(json.accounts.length, 2)
  t.equal(json.statuses.length, 3)
  t.match(headers.link, /rel="prev"/)
  const first = await alice.call('GET', '/api/v2/notifications?limit=2')
  const next = /<https:\/\/commune\.test([^>]+)>; rel="next"/.exec(first.headers.link)![1]!
  t.match((await alice.call('GET', next)).json.notification_groups, [{ status_id: one.id, notifications_count: 2 }])
  t.equal((await alice.call('GET', '/api/v2/notifications?grouped_types[]=follow')).json.notification_groups.length, 4)
  const key = json.notification_groups[2].group_key
  t.equal((await alice.call('GET', '/api/v1/notifications?types[]=favourite')).json.at(-1).group_key, key)
  t.equal((await alice.call('GET', '/api/v2/notifications/unread_count')).json.count, 3)
  t.match((await alice.call('GET', `/api/v2/notifications/${key}`)).json.notification_groups, [{ group_key: key, notifications_count: 2 }])
  t.match((await alice.call('GET', `/api/v2/notifications/${key}/accounts`)).json, [{ acct: 'carl' }, { acct: 'bea' }])
  t.equal((await bea.call('GET', `/api/v2/notifications/${key}`)).status, 404)
  await bea.call('POST', `/api/v2/notifications/${key}/dismiss`)
  await alice.call('POST', `/api/v2/notifications/${key}/dismiss`)
  t.equal((await alice.call('GET', '/api/v2/notifications')).json.notification_groups.length, 2)
  t.equal((await anyone('GET', '/api/v2/notifications')).status, 401)
  for (const wrong of ['x', 'favourite-1', 'ungrouped-99999999999999999999'])
    t.equal((await alice.call('GET', `/api/v2/notifications/${wrong}`)).status, 404, wrong)

  const newest = json.notification_groups[0].most_recent_notification_id
  await alice.call('POST', '/api/v1/markers', { notifications: { last_read_id: newest } })
  t.equal((await alice.call('GET', '/api/v2/notifications/unread_count')).json.count, 0)
  t.equal((await alice.call('GET', '/api/v1/notifications/unread_count')).json.count, 0)
  t.match((await alice.call('GET', '/api/v1/markers?timeline[]=notifications')).json, {
    notifications: { last_read_id: newest, version: 1 }
  })
})

t.test('a flood of likes ends a page, not the list: next is named, and one group is read without the others', async (t) => {
  const { ctx, alice, bea } = await clientScene(t)
  const old = await post(alice, 'Ancien')
  const loved = await post(alice, 'Aimé')
  await bea.call('POST', `/api/v1/statuses/${old.id}/favourite`)
  const base = (await alice.call('GET', '/api/v1/notifications')).json[0].id
  const fans = Array.from({ length: 25 }, (_none, index) => String(900 + index))
  await ctx.db.raw(
    `insert into actors select (jsonb_populate_record(a, jsonb_build_object('id', n, 'iri', a.iri || n, 'username', 'fan' || n))).*
     from actors a cross join unnest(?::bigint[]) n where a.id = ?`,
    [fans, bea.actor.id]
  )
  await ctx.db('notifications').insert(
    fans.map((id, index) => ({
      id: String(BigInt(base) + BigInt(index) + 1n),
      owner_id: alice.actor.id,
      type: 'favourite',
      from_id: id,
      object_id: loved.id,
      created_at: ctx.clock.now()
    }))
  )
  const first = await alice.call('GET', '/api/v2/notifications?limit=1')
  t.match(first.json.notification_groups, [{ status_id: loved.id, notifications_count: 25 }])
  const seen: string[] = []
  let url: string | undefined = '/api/v2/notifications?limit=1'
  for (let turn = 0; url !== undefined && turn < 5; turn += 1) {
    const page: Awaited<ReturnType<Client['call']>> = await alice.call('GET', url)
    seen.push(...page.json.notification_groups.map((group: Json) => group['status_id']))
    url = /<https:\/\/commune\.test([^>]+)>; rel="next"/.exec(page.headers['link'] ?? '')?.[1]
  }
  t.equal(seen.at(-1), old.id, seen.join())
  const key = first.json.notification_groups[0].group_key
  const whole = (await alice.call('GET', `/api/v2/notifications/${key}`)).json
  t.match(whole.notification_groups, [{ notifications_count: 25 }])
  t.ok(whole.accounts.length <= 8)
  t.equal((await alice.call('GET', `/api/v2/notifications/${key}/accounts`)).json.length, 25)
  await alice.call('POST', `/api/v2/notifications/${key}/dismiss`)
  t.match((await alice.call('GET', '/api/v2/notifications')).json.notification_groups, [{ status_id: old.id }])
})

t.test('who is not let through waits as a request, or is not heard', async (t) => {
  const { ctx, app, alice, bea } = await clientScene(t)
  const carl = await client(ctx, app, 'carl')
  const types = async (): Promise<string[]> => (await alice.call('GET', '/api/v1/notifications')).json.map((one: Json) => one.account.acct)
  t.match((await alice.call('GET', '/api/v2/notifications/policy')).json, {
    for_not_following: 'accept',
    for_limited_accounts: 'drop',
    summary: {}
  })
  const policy = await alice.call('PATCH', '/api/v2/notifications/policy', { for_not_following: 'filter', for_new_accounts: 'perhaps' })
  t.match(policy.json, { for_not_following: 'filter', for_new_accounts: 'accept' })
  await alice.call('POST', `/api/v1/accounts/${carl.actor.id}/follow`)
  await post(carl, '@alice bonjour')
  const asked = await post(bea, '@alice je peux ?')
  t.same(await types(), ['carl'])
  t.match((await alice.call('GET', '/api/v1/notifications?include_filtered=true')).json, [{}, {}])
  t.match((await alice.call('GET', '/api/v2/notifications/policy')).json.summary, {
    pending_requests_count: 1,
    pending_notifications_count: 1
  })
  const [request] = (await alice.call('GET', '/api/v1/notifications/requests')).json
  t.match(request, { notifications_count: '1', account: { acct: 'bea' }, last_status: { id: asked.id } })
  t.match((await alice.call('GET', `/api/v1/notifications/requests/${request.id}`)).json, { id: request.id })
  t.equal((await carl.call('GET', `/api/v1/notifications/requests/${request.id}`)).status, 404)
  await alice.call('POST', `/api/v1/notifications/requests/${request.id}/accept`)
  t.same((await types()).sort(), ['bea', 'carl'])
  await post(bea, '@alice merci')
  t.equal((await types()).length, 3, 'an accepted sender is heard from then on')
  t.match((await alice.call('GET', '/api/v1/notifications/requests/merged')).json, { merged: true })

  const dora = await client(ctx, app, 'dora')
  await post(dora, '@alice coucou')
  await alice.call('POST', '/api/v1/notifications/requests/dismiss', { id: [dora.actor.id] })
  t.same((await alice.call('GET', '/api/v1/notifications/requests')).json, [])
  await alice.call('PATCH', '/api/v2/notifications/policy', { for_not_following: 'accept', for_private_mentions: 'drop' })
  await post(dora, '@alice en secret', { visibility: 'direct' })
  t.equal((await alice.call('GET', '/api/v1/notifications?include_filtered=true')).json.length, 3)
  await post(dora, '@alice devant tous')
  t.equal((await types())[0], 'dora')
})

t.test('direct posts are conversations: listed for those in them, read, put away, back with the next message', async (t) => {
  const { ctx, app, alice, bea } = await clientScene(t)
  const carl = await client(ctx, app, 'carl')
  const hello = await post(alice, '@bea un mot', { visibility: 'direct' })
  await post(bea, '@alice tout haut')
  const list = async (who: Client): Promise<Json> => (await who.call('GET', '/api/v1/conversations')).json
  t.match(await list(alice), [{ unread: false, accounts: [{ acct: 'bea' }], last_status: { id: hello.id } }])
  const [conversation] = await list(bea)
  t.match(conversation, { unread: true, accounts: [{ acct: 'alice' }], last_status: { id: hello.id } })
  t.same(await list(carl), [])
  t.match((await bea.call('POST', `/api/v1/conversations/${conversation.id}/read`)).json, { id: conversation.id, unread: false })
  t.equal((await carl.call('POST', `/api/v1/conversations/${conversation.id}/read`)).status, 404)
  t.equal((await carl.call('DELETE', `/api/v1/conversations/${conversation.id}`)).status, 404)
  await bea.call('DELETE', `/api/v1/conversations/${conversation.id}`)
  t.same(await list(bea), [])
  const answer = await post(alice, '@bea @carl encore', { visibility: 'direct', in_reply_to_id: hello.id })
  t.match(await list(bea), [{ unread: true, last_status: { id: answer.id } }])
  t.match(await list(alice), [{ accounts: [{}, {}], last_status: { id: answer.id } }])
  t.equal((await list(alice)).length, 1, 'one thread, one conversation')
  t.equal((await list(carl)).length, 1)
  await alice.call('DELETE', `/api/v1/statuses/${answer.id}`)
  t.same(await list(carl), [], 'nothing is left of it')
  t.match(await list(alice), [{ last_status: { id: hello.id } }], 'the message before is the last one again')
})

t.test('two conversations that turn out to be one keep the newest word, unread if either was', async (t) => {
  const { ctx, alice, bea } = await clientScene(t)
  const first = await post(bea, '@alice un', { visibility: 'direct' })
  const second = await post(bea, '@alice deux', { visibility: 'direct' })
  const [newest] = (await alice.call('GET', '/api/v1/conversations')).json
  await alice.call('POST', `/api/v1/conversations/${(await alice.call('GET', '/api/v1/conversations')).json[1].id}/read`)
  t.match(newest, { unread: true, last_status: { id: second.id } })
  await ctx.db('objects').where({ id: second.id }).update({ root_id: first.id })
  t.match((await alice.call('GET', '/api/v1/conversations')).json, [{ unread: true, last_status: { id: second.id } }])
  t.equal((await alice.call('GET', '/api/v1/conversations')).json.length, 1)
})
