// What two communes ask each other (a part of two-instances.test.ts): a poll answered from the other side, a quote allowed and taken
// back, a pinned post.
import type { Test } from 'tap'
import type { Communer } from '../harness/communer.ts'
import type { Json } from '../harness/client.ts'
import { NOW } from '../harness/votes.ts'
import { waitUntil } from '../harness/wait.ts'

/** A slow machine is no failure. */
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** `alpha` with Alice, `beta` with Bob, who follows her from now on. */
export async function askEachOther(t: Test, { alpha, beta }: { alpha: Communer; beta: Communer }): Promise<void> {
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const search = (type: string, q: string): Promise<Json> => bob.get(`/api/v2/search?resolve=true&type=${type}&q=${encodeURIComponent(q)}`)
  const asBob = async (uri: string): Promise<Json> => (await search('statuses', uri)).statuses[0]
  const account: Json = (await search('accounts', '@alice@alpha.test')).accounts[0]
  await bob.post(`/api/v1/accounts/${account.id}/follow`)
  await until('the follow', async () => (await bob.get(`/api/v1/accounts/relationships?id[]=${account.id}`))[0].following)

  await t.test('[50] a vote from the other commune counts once, and the end tells everyone the totals', async (t) => {
    const poll = { options: ['Samedi', 'Dimanche'], expires_in: 3600 }
    const asked: Json = await alice.post('/api/v1/statuses', { status: 'Quel jour ?', poll })
    const arrived = await until('the question on beta', () => asBob(asked.uri))
    t.same(
      arrived.poll.options.map((option: Json) => option.title),
      ['Samedi', 'Dimanche']
    )
    await bob.post(`/api/v1/polls/${arrived.poll.id}/votes`, { choices: [1] })
    const again = await bob.request('POST', `/api/v1/polls/${arrived.poll.id}/votes`, { choices: [0] })
    t.equal(again.status, 422, 'nobody votes twice')
    await until('the vote on alpha', async () => (await alice.get(`/api/v1/polls/${asked.poll.id}`)).votes_count === 1)
    t.match(await alice.get(`/api/v1/polls/${asked.poll.id}`), { options: [{ votes_count: 0 }, { votes_count: 1 }] })
    t.same(await alpha.query("select 1 from objects where name = 'Dimanche' or content like '%Dimanche%'"), [], 'a vote is no post')
    // An hour passes: the end is now, on both sides.
    const end = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    for (const instance of [beta, alpha])
      await instance.query("update objects set poll = jsonb_set(poll, '{endTime}', to_jsonb($1::text)) where poll is not null", [end])
    await alpha.query(`update chores set due_at = ${NOW} where kind = 'poll-close'`)
    await alpha.wake()
    const over = (client: typeof bob, id: string) => async (): Promise<Json | null> => {
      const now: Json = await client.get(`/api/v1/polls/${id}`)
      return now.expired && now.options[1].votes_count === 1 ? now : null
    }
    await until('the end on alpha', over(alice, asked.poll.id))
    t.match(await until('the totals on beta', over(bob, arrived.poll.id)), {
      votes_count: 1,
      voted: true,
      own_votes: [1],
      communer: { declared_by: 'alpha.test' }
    })
    await until('alice hears of it', async () =>
      (await alice.get('/api/v1/notifications')).some((one: Json) => one.type === 'poll' && one.status.id === asked.id)
    )
    const late = await bob.request('POST', `/api/v1/polls/${arrived.poll.id}/votes`, { choices: [0] })
    t.equal(late.status, 422)
  })

  await t.test('[54] a quote is shown once its author’s server agreed, until they take it back', async (t) => {
    const said: Json = await alice.post('/api/v1/statuses', { status: 'La source coule de nouveau' })
    const there = await until('the post on beta', () => asBob(said.uri))
    const quoting: Json = await bob.post('/api/v1/statuses', { status: 'À lire !', quoted_status_id: there.id })
    await until('the agreement', async () => (await bob.get(`/api/v1/statuses/${quoting.id}`)).quote.state === 'accepted')
    t.match(await bob.get(`/api/v1/statuses/${quoting.id}`), { quote: { quoted_status: { uri: said.uri } } })
    t.match((await beta.anonymous.page(new URL(quoting.url).pathname)).html, /<blockquote class="quote">[^]*La source coule de nouveau/)
    const [stamp] = await alpha.query<{ stamp_iri: string }>('select stamp_iri from quotes where quote_iri = $1', [quoting.uri])
    const document = () => alpha.anonymous.request('GET', stamp!.stamp_iri, undefined, { accept: 'application/activity+json' })
    t.match(await (await document()).json(), {
      type: 'QuoteAuthorization',
      attributedTo: account.uri,
      interactingObject: quoting.uri,
      interactionTarget: said.uri
    })
    const known = await until('the quote on alpha', async () => (await alice.get(`/api/v1/statuses/${said.id}/quotes`))[0])
    t.equal(known.uri, quoting.uri)
    await alice.post(`/api/v1/statuses/${said.id}/quotes/${known.id}/revoke`)
    await until('the end of it on beta', async () => (await bob.get(`/api/v1/statuses/${quoting.id}`)).quote.state === 'revoked')
    t.equal((await document()).status, 404)
    // Pages strangers share are kept for a second.
    const page = await until('the page without it', async () => {
      const { html } = await beta.anonymous.page(new URL(quoting.url).pathname)
      return html.includes('La source coule de nouveau') ? null : html
    })
    t.match(page, /À lire !/)
  })

  await t.test('[54] who wants to be quoted by nobody is not', async (t) => {
    const said: Json = await alice.post('/api/v1/statuses', { status: 'Entre nous', quote_approval_policy: 'nobody' })
    const there = await until('the post on beta', () => asBob(said.uri))
    t.equal(there.quote_approval.current_user, 'denied')
    const refused = await bob.request('POST', '/api/v1/statuses', { status: 'Voyez', quoted_status_id: there.id })
    t.equal(refused.status, 422)
    t.same(await alpha.query('select 1 from quotes where quoted_iri = $1', [said.uri]), [])
  })

  await t.test('what is pinned on one side stands first on the other', async (t) => {
    const said: Json = await alice.post('/api/v1/statuses', { status: 'Permanence le mardi' })
    await until('the post on beta', () => asBob(said.uri))
    const pinned = async (): Promise<string[]> =>
      (await bob.get(`/api/v1/accounts/${account.id}/statuses?pinned=true`)).map((one: Json) => one.uri)
    t.same(await pinned(), [])
    await alice.post(`/api/v1/statuses/${said.id}/pin`)
    await until('the pin on beta', async () => (await pinned())[0] === said.uri)
    t.match((await beta.anonymous.page('/@alice@alpha.test')).html, /class="pinned"[^]*Permanence le mardi/)
    await alice.post(`/api/v1/statuses/${said.id}/unpin`)
    await until('the end of it on beta', async () => (await pinned()).length === 0)
  })
}
