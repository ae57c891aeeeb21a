// The shapes native apps decode: every documented field is there, null rather than absent. And one client library of others, over HTTP.
import { createRestAPIClient } from 'masto'
import sharp from 'sharp'
import t from 'tap'
import { buildApp } from '../../app.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { createEvent } from '../../features/events/create-event.ts'
import { contract } from '../../test/contract.ts'
import { testContext } from '../../test/context.ts'
import { citizen, remotePerson } from '../../test/people.ts'

type Tap = Parameters<typeof testContext>[0]

// docs.joinmastodon.org/entities, version 4.4; fields that Mastodon leaves out under conditions are not listed.
const ACCOUNT =
  'id username acct url display_name note avatar avatar_static header header_static locked fields emojis bot group discoverable noindex created_at last_status_at statuses_count followers_count following_count indexable hide_collections uri roles moved'.split(
    ' '
  )
const STATUS =
  'id uri created_at account content visibility sensitive spoiler_text media_attachments application mentions tags emojis reblogs_count favourites_count replies_count quotes_count url in_reply_to_id in_reply_to_account_id reblog poll card language edited_at favourited reblogged muted bookmarked filtered quote quote_approval'.split(
    ' '
  )
const RELATIONSHIP =
  'id following showing_reblogs notifying languages followed_by blocking blocked_by muting muting_notifications requested requested_by domain_blocking endorsed note'.split(
    ' '
  )
const ATTACHMENT = 'id type url preview_url remote_url meta description blurhash'.split(' ')
const NOTIFICATION = 'id type created_at group_key account status'.split(' ')

const absent = (entity: object, fields: string[]): string[] =>
  fields.filter((field) => !(field in entity) || (entity as Record<string, unknown>)[field] === undefined)

async function scene(t: Tap) {
  const { ctx } = await testContext(t)
  ctx.log.error = ((what: { err?: Error }) => process.stderr.write(`${what.err?.stack}\n`)) as typeof ctx.log.error
  const app = await buildApp(ctx, contract())
  t.teardown(() => app.close())
  const alice = await citizen(ctx, 'alice')
  const bea = await citizen(ctx, 'bea')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const client = async (accountId: string) =>
    createRestAPIClient({ url, accessToken: await createToken(ctx, accountId, 'read write follow') })
  return {
    ctx,
    app,
    alice,
    bea,
    asAlice: await client(alice.account.id),
    asBea: await client(bea.account.id),
    token: await createToken(ctx, alice.account.id, 'read write')
  }
}

t.test('masto.js posts an image with its description, reads it back, likes, follows, searches', async (t) => {
  const { ctx, alice, asAlice, asBea } = await scene(t)
  const picture = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#2a7' } })
    .png()
    .toBuffer()
  const media = await asAlice.v2.media.create({ file: new Blob([picture], { type: 'image/png' }), description: 'Un carré vert' })
  t.match(media, { type: 'image', description: 'Un carré vert' })
  const status = await asAlice.v1.statuses.create({
    status: 'Avec une image',
    mediaIds: [media.id],
    sensitive: true,
    spoilerText: 'Attention'
  })
  t.match(status, {
    sensitive: true,
    spoilerText: 'Attention',
    mediaAttachments: [{ id: media.id, description: 'Un carré vert', meta: { original: { width: 40, height: 20 } } }]
  })
  t.match(status.mediaAttachments[0]?.url, /^https:\/\/commune\.test\/media\/[0-9a-f]{32}\.webp$/)
  const create = JSON.parse((await ctx.db('activities').first('body')).body)
  t.match(create.object.attachment, [{ type: 'Document', mediaType: 'image/webp', name: 'Un carré vert', width: 40, height: 20 }])
  t.match(create.object, { summary: 'Attention', sensitive: true })
  await t.rejects(asBea.v1.statuses.create({ status: 'La même', mediaIds: [media.id] }), 'someone else’s image is refused')
  await asBea.v1.accounts.$select(alice.actor.id).follow()
  await asBea.v1.statuses.$select(status.id).favourite()
  t.match(await asBea.v1.timelines.home.list(), [{ id: status.id, favourited: true }])
  t.match(await asAlice.v1.notifications.list({ types: ['favourite'] }), [{ type: 'favourite', status: { id: status.id } }])
  t.match(await asBea.v1.accounts.relationships.fetch({ id: [alice.actor.id] }), [{ following: true }])
  t.match(await asBea.v2.search.list({ q: '@alice' }), { accounts: [{ username: 'alice' }] })
  t.match(await asBea.v1.accounts.lookup({ acct: 'alice' }), { statusesCount: 1, followersCount: 1 })
  await asAlice.v1.statuses.$select(status.id).update({ status: 'Sans image', mediaIds: [] })
  t.match(await asAlice.v1.statuses.$select(status.id).fetch(), { mediaAttachments: [] })
})

t.test('no field of the documented entities is missing, whatever is shown', async (t) => {
  const { ctx, app, alice, bea, asBea, token } = await scene(t)
  const get = async (url: string) => (await app.inject({ url, headers: { authorization: `Bearer ${token}` } })).json()
  const catOf = JSON.stringify([{ name: ':chat:', icon: 'https://mastodon.example/e.png' }])
  const bob = await remotePerson(ctx, 'bob@mastodon.example', { name: 'Bob :chat:', emojis: catOf as never })
  await ctx.db('objects').insert({
    id: '700',
    iri: 'https://mastodon.example/p/7',
    type: 'Page',
    local: false,
    actor_id: bob.id,
    visibility: 'public',
    name: 'Un <titre>',
    content_html: '<p>Texte <img src="https://mastodon.example/i.png?a=1&amp;b=2" alt="x"></p>',
    attachments: JSON.stringify([
      {
        type: 'Image',
        mediaType: 'image/png',
        url: 'https://mastodon.example/a.png',
        name: null,
        width: null,
        height: null,
        blurhash: null,
        focalPoint: null
      },
      {
        type: 'Link',
        mediaType: 'text/html',
        url: 'https://x.example',
        name: null,
        width: null,
        height: null,
        blurhash: null,
        focalPoint: null
      }
    ]),
    tags: JSON.stringify([{ type: 'Emoji', name: ':chat:', href: null, icon: 'https://mastodon.example/e.png' }]),
    poll: JSON.stringify({ multiple: false, options: [{ name: 'oui', votes: 2 }], voters: 2, endTime: null, closed: null }),
    published: ctx.clock.now(),
    doc: {}
  })
  const page = await get('/api/v1/statuses/700')
  t.match(page.content, /^<p><strong>Un &lt;titre&gt;<\/strong><\/p>/)
  t.notMatch(page.content, /src="https:\/\/mastodon/)
  t.match(page, {
    media_attachments: [{ type: 'image', remote_url: 'https://mastodon.example/a.png', url: /\/media\/proxy\// }],
    emojis: [{ shortcode: 'chat', url: /\/media\/proxy\// }],
    account: { display_name: 'Bob :chat:', emojis: [{ shortcode: 'chat', url: /\/media\/proxy\// }] },
    poll: { votes_count: 2, voted: false, communer: { declared_by: 'mastodon.example' } }
  })
  t.equal(page.media_attachments.length, 1, 'a link is no media')
  const event = await createEvent(ctx, alice.actor, { title: 'Fête', start: '2026-12-12T14:00' })
  await asBea.v1.statuses.$select(event.id).reblog()
  await asBea.v1.accounts.$select(alice.actor.id).follow()
  const boost = (await get(`/api/v1/accounts/${bea.actor.id}/statuses`))[0]
  for (const status of [page, boost, boost.reblog, await get(`/api/v1/statuses/${event.id}`)]) {
    t.same(absent(status, STATUS), [])
    t.same(absent(status.account, ACCOUNT), [])
  }
  t.same(absent(page.media_attachments[0], ATTACHMENT), [])
  for (const one of await get('/api/v1/notifications')) t.same(absent(one, NOTIFICATION), [])
  t.same(absent((await get(`/api/v1/accounts/relationships?id[]=${bea.actor.id}`))[0], RELATIONSHIP), [])
  t.same(absent(await get('/api/v1/accounts/verify_credentials'), [...ACCOUNT, 'source', 'role']), [])
})
