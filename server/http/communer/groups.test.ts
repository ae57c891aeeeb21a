// Groups over HTTP: who may enter, who may decide, who may speak.
import t from 'tap'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { canPublishAs } from '../../db/memberships.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { browserOf, type Browser } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'

const V1 = '/api/communer/v1'

async function person(ctx: Ctx, app: FastifyInstance, username: string): Promise<{ browser: Browser; actorId: string }> {
  const { actor } = await createAccount(ctx, { username, email: `${username}@example.org`, password: 'correct horse' })
  const browser = browserOf(app)
  await browser.post(`${V1}/login`, { login: username, password: 'correct horse' })
  return { browser, actorId: actor.id }
}

t.test('anybody creates a group, owns it, and others join it and see it at home', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const [alice, bruno] = [await person(ctx, app, 'alice'), await person(ctx, app, 'bruno')]
  t.equal((await browserOf(app).post(`${V1}/groups`, { username: 'jardin', name: 'Jardin' })).statusCode, 401)
  const created = await alice.browser.post(`${V1}/groups`, {
    username: 'jardin',
    name: 'Jardin partagé',
    description: 'Un jardin <ouvert>.',
    kind: 'group'
  })
  t.equal(created.statusCode, 201, created.body)
  t.match(created.json(), {
    username: 'jardin',
    kind: 'group',
    openness: 'open',
    posting: 'members',
    members_count: 1,
    role: 'owner',
    state: 'active',
    can_edit: true,
    description: 'Un jardin <ouvert>.',
    description_html: '<p>Un jardin &lt;ouvert&gt;.</p>',
    account: { group: true }
  })
  t.equal((await bruno.browser.post(`${V1}/groups`, { username: 'JARDIN', name: 'Autre' })).json().code, 'username.taken')
  t.equal((await bruno.browser.post(`${V1}/groups`, { username: 'alice', name: 'Autre' })).json().code, 'username.taken')

  t.match((await bruno.browser.post(`${V1}/groups/jardin/join`)).json(), {
    members_count: 2,
    role: 'member',
    state: 'active',
    can_publish: true,
    can_edit: false
  })
  t.match((await bruno.browser.post(`${V1}/groups/jardin/join`)).json(), { members_count: 2 }, 'joining again changes nothing')
  const groupId = created.json().id
  t.same(
    (await ctx.db('follows').where({ followed_id: groupId, state: 'accepted' }).orderBy('id').select('follower_id')).map(
      (row) => row.follower_id
    ),
    [alice.actorId, bruno.actorId]
  )
  t.ok(await canPublishAs(ctx, bruno.actorId, groupId))
  t.match((await browserOf(app).get(`${V1}/groups?q=partage`)).json(), [{ username: 'jardin', role: null, can_publish: false }])
  t.equal((await browserOf(app).get(`${V1}/groups/jardin/members`)).json().length, 2)

  t.match((await bruno.browser.post(`${V1}/groups/jardin/leave`)).json(), { members_count: 1, role: null })
  t.equal((await ctx.db('follows').where({ followed_id: groupId })).length, 1)
  t.equal((await alice.browser.post(`${V1}/groups/jardin/leave`)).json().code, 'group.last-owner')
  t.equal((await browserOf(app).get(`${V1}/groups/nowhere`)).statusCode, 404)
})

t.test('a moderated group lets in whom its owner approves', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const [alice, bruno, chloe] = [await person(ctx, app, 'alice'), await person(ctx, app, 'bruno'), await person(ctx, app, 'chloe')]
  const group = (
    await alice.browser.post(`${V1}/groups`, { username: 'conseil', name: 'Conseil', openness: 'moderated', posting: 'moderators' })
  ).json()
  t.match((await bruno.browser.post(`${V1}/groups/conseil/join`)).json(), {
    state: 'pending',
    members_count: 1,
    pending_count: 0,
    can_publish: false
  })
  await chloe.browser.post(`${V1}/groups/conseil/join`)
  t.equal((await ctx.db('follows').where({ follower_id: bruno.actorId })).length, 0)
  const notices = async () => (await alice.browser.get('/api/v2/notifications')).json()
  t.match(
    (await notices()).notification_groups.map((one: { type: string; communer: { group: { acct: string } } }) => [
      one.type,
      one.communer.group.acct
    ]),
    [
      ['group_request', 'conseil'],
      ['group_request', 'conseil']
    ],
    'who looks after the group is told who asks, and for which'
  )
  t.equal((await bruno.browser.get(`${V1}/groups/conseil/members?state=pending`)).statusCode, 403)
  t.equal((await bruno.browser.post(`${V1}/groups/conseil/members/${bruno.actorId}/approve`)).statusCode, 403)
  t.equal((await alice.browser.get(`${V1}/groups/conseil/members?state=pending`)).json().length, 2)
  t.equal((await alice.browser.post(`${V1}/groups/conseil/members/${bruno.actorId}/approve`)).statusCode, 200)
  t.equal((await alice.browser.post(`${V1}/groups/conseil/members/${chloe.actorId}/remove`)).statusCode, 200)
  t.same((await notices()).notification_groups, [], 'answered, the notices are gone')
  t.match((await bruno.browser.get(`${V1}/groups/conseil`)).json(), { state: 'active', members_count: 2, can_publish: false })
  t.notOk(await canPublishAs(ctx, bruno.actorId, group.id), 'only moderators speak for this group')
  t.equal((await bruno.browser.send('PUT', `${V1}/groups/conseil/members/${bruno.actorId}`, { role: 'owner' })).statusCode, 403)
  t.equal((await alice.browser.send('PUT', `${V1}/groups/conseil/members/${bruno.actorId}`, { role: 'moderator' })).statusCode, 200)
  t.ok(await canPublishAs(ctx, bruno.actorId, group.id))
  t.equal(
    (await bruno.browser.post(`${V1}/groups/conseil/members/${alice.actorId}/remove`)).statusCode,
    403,
    'a moderator cannot remove the owner'
  )
  t.equal(
    (await alice.browser.send('PUT', `${V1}/groups/conseil/members/${alice.actorId}`, { role: 'member' })).json().code,
    'group.last-owner'
  )
})

t.test('only owners edit a group; the change reaches its document', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const [alice, bruno] = [await person(ctx, app, 'alice'), await person(ctx, app, 'bruno')]
  const group = (await alice.browser.post(`${V1}/groups`, { username: 'velo', name: 'Vélo', kind: 'project' })).json()
  await bruno.browser.post(`${V1}/groups/velo/join`)
  t.equal((await bruno.browser.send('PATCH', `${V1}/groups/velo`, { name: 'Pris' })).statusCode, 403)
  t.equal((await alice.browser.send('PATCH', `${V1}/groups/velo`, { name: '' })).json().code, 'group.name')
  t.equal((await alice.browser.send('PATCH', `${V1}/groups/velo`, { kind: 'commune' })).statusCode, 422)
  t.match((await alice.browser.send('PATCH', `${V1}/groups/velo`, { name: 'Vélorution', openness: 'invite_only' })).json(), {
    name: 'Vélorution',
    openness: 'invite_only'
  })
  t.match((await ctx.db('actors').where({ id: group.id }).first()).doc, {
    name: 'Vélorution',
    openness: 'invite_only',
    'communer:kind': 'project',
    memberCount: 2
  })
  t.equal((await ctx.db('activities').where({ actor_id: group.id, type: 'Update' })).length, 1)
  t.equal((await (await person(ctx, app, 'chloe')).browser.post(`${V1}/groups/velo/join`)).json().code, 'group.invite-only')
})

t.test('a list of groups goes on by its Link header and ends', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await person(ctx, app, 'alice')
  for (const name of ['un', 'deux', 'trois']) await alice.browser.post(`${V1}/groups`, { username: `groupe_${name}`, name })
  const first = await alice.browser.get(`${V1}/groups?limit=2&kind=group`)
  t.same(
    first.json().map((group: { name: string }) => group.name),
    ['trois', 'deux']
  )
  const next = /<https:\/\/commune\.test([^>]+)>; rel="next"/.exec(String(first.headers.link))![1]!
  t.same(
    (await alice.browser.get(next)).json().map((group: { name: string }) => group.name),
    ['un']
  )
  t.equal((await alice.browser.get(`${V1}/groups?limit=1000`)).statusCode, 422)
})

t.test(
  'V14: who was invited, who asks and what moderators did is told to nobody else; the invited person enters a closed group',
  async (t) => {
    const { ctx } = await testContext(t)
    const app = await buildApp(ctx)
    t.teardown(() => app.close())
    const [alice, bruno, chloe] = [await person(ctx, app, 'alice'), await person(ctx, app, 'bruno'), await person(ctx, app, 'chloe')]
    const closed = { username: 'conseil', name: 'Conseil', openness: 'invite_only' }
    const group = (await alice.browser.post(`${V1}/groups`, closed)).json()
    const url = `${V1}/groups/conseil`
    const invite = (by: Browser, acct: string) => by.post(`${url}/invitations`, { acct })
    t.equal((await invite(bruno.browser, 'chloe')).statusCode, 403)
    t.equal((await invite(alice.browser, 'nobody')).json().code, 'invitee.unknown')
    t.equal((await invite(alice.browser, 'alice')).json().code, 'group.already-member')
    t.equal((await invite(alice.browser, 'bruno')).statusCode, 200)
    t.equal((await invite(alice.browser, '@chloe')).statusCode, 200)
    t.match((await alice.browser.get(`${url}/invitations`)).json(), [{ account: { acct: 'bruno' } }, { account: { acct: 'chloe' } }])
    t.match((await bruno.browser.get('/api/v1/notifications')).json(), [{ type: 'group_invite', account: { acct: 'conseil' } }])
    t.match((await bruno.browser.get(`${V1}/memberships/${group.id}`)).json(), { state: null, invited_by: { acct: 'alice' } })
    t.match((await bruno.browser.post(`${url}/join`)).json(), { state: 'active', role: 'member', members_count: 2 })
    t.same((await bruno.browser.get('/api/v1/notifications')).json(), [])
    t.match(
      (await alice.browser.get('/api/v1/notifications')).json(),
      [{ type: 'group_joined', account: { acct: 'bruno' }, communer: { group: { acct: 'conseil' } } }],
      'who invited hears of the yes'
    )
    const insides = ['invitations', 'members?state=pending', 'held', 'removed', 'locked', 'bans']
    for (const inside of insides) {
      t.equal((await alice.browser.get(`${url}/${inside}`)).statusCode, 200, inside)
      t.equal((await browserOf(app).get(`${url}/${inside}`)).statusCode, 401, `${inside}: a stranger`)
      t.equal((await bruno.browser.get(`${url}/${inside}`)).statusCode, 403, `${inside}: a member`)
      t.equal((await chloe.browser.get(`${url}/${inside}`)).statusCode, 403, `${inside}: who is invited`)
    }
    t.equal((await browserOf(app).get(`${V1}/memberships/${group.id}`)).statusCode, 401)
    t.equal((await chloe.browser.post(`${V1}/memberships/${group.id}/decline`)).statusCode, 200)
    t.equal((await chloe.browser.post(`${V1}/memberships/${group.id}/decline`)).json().code, 'group.not-invited')
    t.equal((await chloe.browser.post(`${url}/join`)).json().code, 'group.invite-only')
    await invite(alice.browser, 'chloe')
    t.same((await chloe.browser.get('/api/v1/notifications')).json(), [], 'who said no is left alone for a month')
    await ctx.db('group_invitations').update({ answered_at: new Date('2020-01-01') })
    await invite(alice.browser, 'chloe')
    t.match((await chloe.browser.get('/api/v1/notifications')).json(), [{ type: 'group_invite' }])
    t.equal((await bruno.browser.send('DELETE', `${url}/invitations/${chloe.actorId}`)).statusCode, 403)
    t.equal((await alice.browser.send('DELETE', `${url}/invitations/${chloe.actorId}`)).statusCode, 200)
    t.same((await alice.browser.get(`${url}/invitations`)).json(), [])
    t.equal((await chloe.browser.post(`${url}/join`)).json().code, 'group.invite-only')
  }
)
