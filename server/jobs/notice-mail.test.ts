// Notices by mail: one for a flood, nothing of what was read, muted or refused, a way out without log-in; the week of the commune once.
import t from 'tap'
import { buildApp } from '../app.ts'
import { createAccount } from '../features/accounts/create.ts'
import { createEvent } from '../features/events/create-event.ts'
import { muteActor } from '../features/follows/block.ts'
import { followActor } from '../features/follows/follow.ts'
import { createNote } from '../features/wall/create-note.ts'
import { requireSite } from '../db/site.ts'
import type { ActorRow } from '../db/rows.ts'
import { browserOf } from '../test/browser.ts'
import { testContext } from '../test/context.ts'
import { smtpSink } from '../test/smtp.ts'
import { doChores } from './chores.ts'
import { planWeekly } from './weekly-mail.ts'

const V1 = '/api/communer/v1'
const PASSWORD = 'correct horse'
const MINUTE = 60_000
const DAY = 86_400_000

t.test('notices by mail', async (t) => {
  const sink = await smtpSink(t)
  const { ctx, clock } = await testContext(t, { config: { smtpUrl: sink.url } })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const [alice, bea] = await Promise.all(
    ['alice', 'bea'].map((username) =>
      createAccount(ctx, { username, name: username, email: `${username}@example.org`, password: PASSWORD })
    )
  )
  const mine = browserOf(app)
  await mine.post(`${V1}/login`, { login: 'alice', password: PASSWORD })
  const work = async (): Promise<void> => {
    for (let round = 0; round < 20 && (await doChores(ctx)) > 0; round += 1);
  }
  let lastHead = ''
  /** What Alice got since the last look. */
  const got = async (afterMs = 0): Promise<string[]> => {
    clock.advance(afterMs)
    await work()
    const mails = sink.mails.splice(0).filter(({ to }) => to[0] === 'alice@example.org')
    lastHead = mails.at(-1)?.head ?? ''
    return mails.map(({ source }) => source)
  }
  const write = (text: string, more = {}) => createNote(ctx, bea!.actor, { text, ...more })
  clock.advance(60 * MINUTE)
  await got()

  await t.test(
    'ten answers make one mail, with what was said and where; the next comes a quarter of an hour later at the earliest',
    async (t) => {
      for (let number = 1; number <= 10; number += 1) await write(`@alice Le lavoir, message ${number} <b>&`)
      t.same(await got(), [], 'who is here sees it here')
      const [mail, ...more] = await got(6 * MINUTE)
      t.same(more, [])
      for (let number = 1; number <= 10; number += 1) t.match(mail, new RegExp(`Le lavoir, message ${number} `))
      t.match(mail, /bea vous a écrit/)
      t.match(mail, /https:\/\/commune\.test\/@bea\/[0-9]+/)
      t.match(lastHead, /^List-Unsubscribe: <https:\/\/commune\.test\/api\/communer\/v1\/mail\/unsubscribe\?jeton=/m)
      t.match(lastHead, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m)
      await write('@alice Encore')
      t.same(await got(6 * MINUTE), [])
      const [second] = await got(10 * MINUTE)
      t.match(second, /Encore/)
      t.notMatch(second, /message 10/, 'nothing is told twice')
      t.same(await got(DAY), [])
    }
  )

  await t.test('what was read, what a muted person says and what was deleted is not sent; words for few are not in the mail', async (t) => {
    await write('@alice Lu sur le site')
    const [newest] = (await ctx.db('notifications').orderBy('id', 'desc').limit(1)) as { id: string }[]
    await ctx.db('accounts').where({ id: alice!.account.id }).update({ notifications_read_id: newest!.id })
    t.same(await got(30 * MINUTE), [])
    await write('@alice Sous silence')
    await muteActor(ctx, alice!.actor, bea!.actor)
    t.same(await got(30 * MINUTE), [])
    await ctx.db('mutes').delete()
    await ctx
      .db('accounts')
      .where({ id: alice!.account.id })
      .update({ notifications_read_id: (await ctx.db('notifications').max('id as id').first())!.id })
    await write('@alice Un secret', { visibility: 'direct' })
    const [mail] = await got(30 * MINUTE)
    t.match(mail, /bea vous a écrit/)
    t.notMatch(mail, /Un secret/)
  })

  await t.test('likes and followers are never mailed unless asked for; each kind and channel is a choice', async (t) => {
    await followActor(ctx, bea!.actor, alice!.actor)
    t.same(await got(30 * MINUTE), [])
    const chosen = (await mine.get(`${V1}/notification-channels`)).json()
    t.match(chosen, { pace: 'soon', weekly: false, mail: 'on' })
    const of = (name: string) => chosen.kinds.find((kind: { name: string }) => kind.name === name)
    t.same([of('mention').mail, of('reaction').mail, of('follow').mail], [true, false, false])
    Object.assign(of('follow'), { mail: true })
    Object.assign(of('mention'), { site: false })
    Object.assign(of('moderation'), { site: false })
    const saved = await mine.send('PUT', `${V1}/notification-channels`, { kinds: chosen.kinds, pace: 'soon', weekly: false })
    t.equal(saved.json().kinds.find((kind: { name: string }) => kind.name === 'moderation').site, true, 'moderation is always told here')
    await ctx.db('follows').delete()
    await ctx.db('notifications').where({ type: 'follow' }).delete()
    await followActor(ctx, bea!.actor, alice!.actor)
    await write('@alice Ne s’affiche pas')
    const [mail] = await got(30 * MINUTE)
    t.match(mail, /bea vous suit/)
    t.notMatch(mail, /Ne s’affiche pas/)
    Object.assign(of('mention'), { site: true })
    await mine.send('PUT', `${V1}/notification-channels`, { kinds: chosen.kinds, pace: 'day', weekly: false })
    await write('@alice Du jour')
    t.same(await got(60 * MINUTE), [], 'once a day')
    t.match((await got(DAY)).join(), /Du jour/)
  })

  await t.test('a mailbox that refuses three times, or that nobody confirmed, gets nothing more', async (t) => {
    await mine.send('PUT', `${V1}/notification-channels`, { ...(await chosenNow()), pace: 'soon' })
    sink.refuse = '550 no such mailbox'
    for (let number = 0; number < 3; number += 1) {
      await write(`@alice ${number}`)
      await got(30 * MINUTE)
    }
    sink.refuse = null
    await write('@alice Personne ne lit')
    t.same(await got(30 * MINUTE), [])
    await ctx.db('mails').delete()
    await ctx.db('accounts').where({ id: alice!.account.id }).update({ confirmed_at: null })
    await write('@alice Sans adresse')
    t.same(await got(30 * MINUTE), [])
    await ctx.db('accounts').where({ id: alice!.account.id }).update({ confirmed_at: clock.now() })
    await write('@alice De retour')
    t.match((await got(30 * MINUTE)).join(), /De retour/)
  })

  async function chosenNow() {
    const { kinds, pace, weekly } = (await mine.get(`${V1}/notification-channels`)).json()
    return { kinds, pace, weekly }
  }

  await t.test('the way out needs no log-in, nor a browser; looking at it changes nothing, a forged one does nothing', async (t) => {
    await write('@alice Encore un')
    await got(30 * MINUTE)
    const link = /^List-Unsubscribe: <([^>]+)>/m.exec(lastHead)![1]!
    const path = link.slice('https://commune.test'.length)
    const looked = await app.inject({ url: path })
    t.equal(looked.statusCode, 303)
    t.match(looked.headers.location, /^https:\/\/commune\.test\/courriels\/arret\?jeton=/)
    t.equal((await chosenNow()).pace, 'soon')
    const oneClick = (url: string) =>
      app.inject({
        method: 'POST',
        url,
        payload: 'List-Unsubscribe=One-Click',
        headers: { 'content-type': 'application/x-www-form-urlencoded' }
      })
    const forged = path.replace(/\.(notices)\./, '.weekly.')
    t.equal((await oneClick(forged)).statusCode, 422)
    t.equal((await oneClick(path)).statusCode, 200)
    t.equal((await chosenNow()).pace, 'never')
    await write('@alice Plus jamais')
    t.same(await got(DAY), [])
  })

  await t.test('the week of the commune comes on Friday for who asked, once, and not when it is a day late', async (t) => {
    const chosen = await chosenNow()
    await mine.send('PUT', `${V1}/notification-channels`, { ...chosen, weekly: true })
    // Thursday noon, commune's time (UTC+4).
    const thursday = new Date('2026-12-03T08:00:00Z')
    clock.advance(thursday.getTime() - clock.now().getTime())
    const commune = (await ctx
      .db<ActorRow>('actors')
      .where({ id: requireSite(ctx).communeActorId })
      .first())!
    await createNote(ctx, commune, { text: 'Le marché déménage place du Four' })
    await createEvent(ctx, bea!.actor, {
      title: 'Repas de quartier',
      start: '2026-12-05T12:00:00',
      end: '2026-12-05T15:00:00',
      timezone: 'Indian/Reunion'
    } as never)
    await planWeekly(ctx)
    t.same(await got(), [], 'not before its hour')
    clock.advance(DAY)
    await planWeekly(ctx)
    const [mail] = await got()
    t.match(mail, /Le marché déménage/)
    t.match(mail, /Repas de quartier/)
    t.match(mail, /samedi 5 décembre, 12h00/)
    await planWeekly(ctx)
    t.same(await got(60 * MINUTE), [], 'once')
    clock.advance(9 * DAY)
    await createNote(ctx, commune, { text: 'Trop tard' })
    await planWeekly(ctx)
    t.same(await got(), [], 'on Sunday last Friday is over')
    clock.advance(5 * DAY)
    await createNote(ctx, commune, { text: 'Une autre semaine' })
    await planWeekly(ctx)
    t.match((await got()).join(), /Une autre semaine/)
  })
})
