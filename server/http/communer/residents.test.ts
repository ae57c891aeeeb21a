// Living in the commune: people say it, the town hall confirms it, nobody else.
import t from 'tap'
import { client, clientScene } from '../../test/client.ts'

const OWN = '/api/communer/v1/residence'

t.test('somebody says she lives here, the town hall confirms it, and she may take it back', async (t) => {
  const { ctx, app, alice, bea } = await clientScene(t)
  const hall = await client(ctx, app, 'mairie')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  const said = async (): Promise<string> => (await alice.call('GET', OWN)).json.residence
  t.equal(await said(), 'unknown')
  await alice.call('PUT', OWN, { lives_here: true })
  t.equal(await said(), 'declared')
  const path = `/api/communer/v1/residents/${alice.actor.id}`
  t.equal((await bea.call('PUT', path, { verified: true })).status, 403)
  t.match((await hall.call('PUT', '/api/communer/v1/residents/1', { verified: true })).json, { code: 'resident.unknown', status: 404 })
  t.equal((await hall.call('PUT', path, { verified: true })).json.residence, 'verified')
  await alice.call('PUT', OWN, { lives_here: true })
  t.equal(await said(), 'verified', 'said again, nothing is lost')
  t.equal((await hall.call('PUT', path, { verified: false })).json.residence, 'declared')
  await alice.call('PUT', OWN, { lives_here: false })
  t.equal(await said(), 'unknown')
})
