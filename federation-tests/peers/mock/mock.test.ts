// The doubles themselves: Fedify, which has its own strict verifier, accepts what the mock host signs and understands what it serves.
import t from 'tap'
import { waitUntil } from '../../harness/wait.ts'
import { NETWORK_MISSING, startNetwork } from '../../network/network.ts'
import { startFedify } from '../fedify/control.ts'
import { CONTEXT, createMockHost, PUBLIC } from './host.ts'

t.test('an independent server believes the mock host', { skip: NETWORK_MISSING }, async (t) => {
  const network = await startNetwork()
  t.teardown(() => network.close())
  const fedify = await startFedify(network)
  t.teardown(() => fedify.stop())
  const mastodon = createMockHost(network, 'mastodon.test')
  const bob = mastodon.actor('bob')

  const follow = { '@context': CONTEXT, id: `${bob.iri}#follows/1`, type: 'Follow', actor: bob.iri, object: fedify.actorIri }
  t.equal((await bob.post(`${fedify.actorIri}/inbox`, follow)).status, 202)
  await waitUntil('the Accept', () => mastodon.activitiesOf('Accept').length === 1)

  const note = {
    id: `${bob.iri}/1`,
    type: 'Note',
    attributedTo: bob.iri,
    to: [PUBLIC],
    cc: [],
    content: '<p>Bonjour</p>',
    published: new Date().toISOString()
  }
  t.equal(
    (
      await bob.post('https://fedify.test/inbox', {
        '@context': CONTEXT,
        id: `${bob.iri}/1/activity`,
        type: 'Create',
        actor: bob.iri,
        to: [PUBLIC],
        cc: [],
        object: note
      })
    ).status,
    202
  )
  const created = await waitUntil('the note', async () => (await fedify.received()).find((one) => one.type === 'Create'))
  t.equal(created.object?.content, '<p>Bonjour</p>')

  const tampered = await bob.post('https://fedify.test/inbox', { ...follow, id: `${bob.iri}#follows/2` }, { signedBody: '{}' })
  t.equal(tampered.status, 401, 'and refuses what was not signed')
})
