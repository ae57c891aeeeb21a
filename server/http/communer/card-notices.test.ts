// Who hears of what around a card of the directory: claims, corrections, their answers; on the site, by mail, on devices.
import { createECDH, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { runImport } from '../../features/directory/import.ts'
import { channelsOf, saveChannels } from '../../features/notifications/channels.ts'
import { doChores } from '../../jobs/chores.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'
import { requireSite } from '../../db/site.ts'
import { smtpSink } from '../../test/smtp.ts'

// The other side of the encryption, as browsers have it; web-push brings it along, without types.
const ece = createRequire(import.meta.url)('http_ece') as { decrypt(body: Buffer, keys: object): Buffer }

const API = '/api/communer/v1'
const CARD = `${API}/directory/petanque`

/** A card nobody answers for, made by an import. */
async function imported(scene: ClientScene): Promise<{ hall: Client; card: string }> {
  const hall = await client(scene.ctx, scene.app, 'agente')
  await scene.ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  const file = 'id;titre\nW1;Pétanque\n'
  const { id } = (await hall.call('POST', `${API}/directory/imports`, { file, source: 'RNA' })).json
  await runImport(scene.ctx, id)
  return { hall, card: CARD }
}

async function news(by: Client): Promise<Json[]> {
  return (await by.call('GET', '/api/v1/notifications')).json
}

const types = async (by: Client): Promise<string[]> => (await news(by)).map(({ type }: Json) => type)

t.test('the town hall hears of a claim until it is answered; who claimed hears the answer and why; others hear nothing', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, ctx } = scene
  const { hall } = await imported(scene)
  await alice.call('POST', `${CARD}/claim`, { proof: 'Présidente' })
  await alice.call('POST', `${CARD}/claim`, { proof: 'Présidente, vraiment' })
  t.match(await news(hall), [
    { type: 'card_claim', account: { username: 'alice' }, status: null, communer: { group: { username: 'petanque' } } }
  ])
  t.same((await news(hall)).length, 1, 'asked twice is told once')
  t.same(await types(bea), [])
  t.equal((await bea.call('POST', `${CARD}/claims/${alice.actor.id}`, { accepted: false, reason: 'Non' })).status, 403)
  await hall.call('POST', `${CARD}/claims/${alice.actor.id}`, { accepted: false, reason: ' Il nous faut les statuts. ' })
  t.same(await types(hall), [], 'what is answered asks no more')
  t.match(await news(alice), [{ type: 'card_refused', communer: { group: { username: 'petanque' }, reason: 'Il nous faut les statuts.' } }])
  t.equal((await news(alice))[0].account.id, requireSite(ctx).communeActorId, 'from the commune, not from an agent')
  await alice.call('POST', `${CARD}/claim`, { proof: 'Les voici' })
  t.same(await types(hall), ['card_claim'], 'asked anew is told anew')
  await hall.call('POST', `${CARD}/claims/${alice.actor.id}`, { accepted: false, reason: 'Toujours pas.' })
  t.same(
    (await news(alice)).map(({ communer }: Json) => communer.reason),
    ['Toujours pas.'],
    'the last answer stands'
  )
  t.same(await types(bea), [])
})

t.test('with a yes the others who asked hear that it went to somebody else, and the new owner of what waits', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, ctx, app } = scene
  const { hall } = await imported(scene)
  const carl = await client(ctx, app, 'carl')
  await alice.call('POST', `${CARD}/claim`, { proof: '' })
  await bea.call('POST', `${CARD}/claim`, { proof: '' })
  await carl.call('POST', `${CARD}/suggestions`, { changes: {}, note: 'Le terrain a déménagé' })
  t.same((await types(hall)).toSorted(), ['card_claim', 'card_claim', 'card_correction'])
  await hall.call('POST', `${CARD}/claims/${alice.actor.id}`, { accepted: true })
  t.same(await types(hall), [])
  t.same((await types(alice)).toSorted(), ['card_accepted', 'card_correction'])
  t.same(await types(bea), ['card_given'])
  const [waiting] = (await alice.call('GET', `${CARD}/requests`)).json.suggestions
  await alice.call('POST', `${CARD}/suggestions/${waiting.id}`, { accepted: true })
  t.same(await types(carl), ['correction_accepted'])
  t.same(await types(alice), ['card_accepted'])
  await carl.call('POST', `${CARD}/suggestions`, { changes: { phone: '02 99 00 00 00' }, note: '' })
  t.same(await types(hall), [], 'the town hall has nothing to do with a card that has an owner')
  const [second] = (await alice.call('GET', `${CARD}/requests`)).json.suggestions
  await alice.call('POST', `${CARD}/suggestions/${second.id}`, { accepted: false, reason: 'Ce numéro est le mien.' })
  t.match(await news(carl), [
    { type: 'correction_refused', communer: { reason: 'Ce numéro est le mien.' } },
    { type: 'correction_accepted' }
  ])
})

t.test('two agents who accept different people at the same moment make one owner', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, ctx } = scene
  const { hall } = await imported(scene)
  for (const person of [alice, bea]) await person.call('POST', `${CARD}/claim`, { proof: '' })
  const answers = await Promise.all([alice, bea].map(({ actor }) => hall.call('POST', `${CARD}/claims/${actor.id}`, { accepted: true })))
  t.same(answers.map(({ status }) => status).toSorted(), [200, 404])
  const owners = await ctx.db('memberships').where({ role: 'owner', state: 'active' }).whereIn('actor_id', [alice.actor.id, bea.actor.id])
  t.equal(owners.length, 1)
  t.same([...(await types(alice)), ...(await types(bea))].toSorted(), ['card_accepted', 'card_given'])
  t.equal((await bea.call('POST', `${CARD}/claim`, { proof: '' })).json.code, 'card.claimed')
})

t.test('two answers to one correction: one holds, and one is told', async (t) => {
  const scene = await clientScene(t)
  const { bea } = scene
  const { hall } = await imported(scene)
  await bea.call('POST', `${CARD}/suggestions`, { changes: { locality: 'Bourg' }, note: '' })
  const [one] = (await hall.call('GET', `${CARD}/requests`)).json.suggestions
  const answers = await Promise.all([true, false].map((accepted) => hall.call('POST', `${CARD}/suggestions/${one.id}`, { accepted })))
  t.same(answers.map(({ status }) => status).toSorted(), [200, 404])
  const isTaken = (await hall.call('GET', CARD)).json.card.address.locality === 'Bourg'
  t.same(await types(bea), [isTaken ? 'correction_accepted' : 'correction_refused'])
})

t.test('the mail names the card, says why and leads to it; who does not want such mails gets none', async (t) => {
  const mailbox = await smtpSink(t)
  const scene = await clientScene(t, { config: { smtpUrl: mailbox.url } })
  const { alice, ctx, clock } = scene
  const { hall } = await imported(scene)
  await ctx.db('accounts').update({ confirmed_at: clock.now(), locale: 'fr' })
  const got = async (person: Client): Promise<string> => {
    clock.advance(30 * 60_000)
    for (let round = 0; round < 20 && (await doChores(ctx)) > 0; round += 1);
    return mailbox.mails
      .splice(0)
      .filter(({ to }) => to[0] === person.account.email)
      .map(({ source }) => source)
      .join('\n')
  }
  await alice.call('POST', `${CARD}/claim`, { proof: '' })
  const asked = await got(hall)
  t.match(asked, /alice demande la fiche « Pétanque »/i)
  t.match(asked, '/annuaire/petanque/modifier')
  await hall.call('POST', `${CARD}/claims/${alice.actor.id}`, { accepted: false, reason: 'Il nous faut les statuts.' })
  const answer = await got(alice)
  t.match(answer, /ne vous a pas confié la fiche « Pétanque »/)
  t.match(answer, 'Il nous faut les statuts.')
  const chosen = channelsOf(hall.account)
  await saveChannels(ctx, hall.account, {
    ...chosen,
    kinds: chosen.kinds.map((kind) => ({ ...kind, mail: kind.mail && kind.name !== 'request' }))
  })
  await alice.call('POST', `${CARD}/claim`, { proof: 'Les voici' })
  t.equal(await got(hall), '')
  t.same(await types(hall), ['card_claim'], 'on the site all the same')
})

t.test('a device is told in a sentence, with why, and opens the card', async (t) => {
  const bodies: Buffer[] = []
  const service = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      bodies.push(Buffer.concat(parts))
      response.writeHead(201).end()
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void service.close(() => {}).closeAllConnections())
  const scene = await clientScene(t, { origin: 'http://localhost:3000' })
  const { alice, ctx } = scene
  const { hall } = await imported(scene)
  const device = createECDH('prime256v1')
  const secret = randomBytes(16)
  await alice.call('POST', '/api/v1/push/subscription', {
    subscription: {
      endpoint: `http://127.0.0.1:${(service.address() as AddressInfo).port}/device`,
      keys: { p256dh: device.generateKeys('base64url'), auth: secret.toString('base64url') },
      standard: true
    },
    data: { alerts: { card_refused: true } }
  })
  await alice.call('POST', `${CARD}/claim`, { proof: '' })
  await hall.call('POST', `${CARD}/claims/${alice.actor.id}`, { accepted: false, reason: 'Il nous faut les statuts.' })
  for (let round = 0; round < 20 && (await doChores(ctx)) > 0; round += 1);
  const messages = bodies.map(
    (body) =>
      JSON.parse(String(ece.decrypt(body, { version: 'aes128gcm', privateKey: device, authSecret: secret.toString('base64url') }))) as Json
  )
  t.match(messages, [
    {
      title: /ne vous a pas confié la fiche « Pétanque »$/,
      body: 'Il nous faut les statuts.',
      url: '/@petanque',
      notification_type: 'card_refused'
    }
  ])
})
