import fc from 'fast-check'
import t from 'tap'
import { authorise, bareFacts, type Facts } from './authorise.ts'

const OWN = 'https://commune.test'
const BOB = 'https://peer.example/users/bob'
const EVE = 'https://peer.example/users/eve'
const MALLORY = 'https://evil.example/users/mallory'
const base = (more: Partial<Facts>): Facts => ({
  ...bareFacts({ type: 'Create', signer: BOB, actor: BOB, id: `${BOB}#1`, own: OWN }),
  ...more
})
const decide = (more: Partial<Facts>): string => {
  const verdict = authorise(base(more))
  return verdict.decision === 'refuse' ? verdict.outcome : verdict.decision
}

t.test('O37: origins are compared as parsed, never as text', async (t) => {
  for (const objectId of [
    'https://peer.example@evil.example/n',
    'https://peer.example.evil.example/n',
    'https://peerxexample/n',
    'http://peer.example/n',
    'https://peer.example:8443/n',
    'not an iri',
    ''
  ]) {
    t.equal(decide({ objectId, claimedAuthor: BOB }), 'refused-origin', objectId)
  }
  for (const objectId of ['https://PEER.example:443/n', 'https://peer.example./n', 'https://peer.example/n'])
    t.equal(decide({ objectId, claimedAuthor: BOB }), 'apply', objectId)
})

t.test('an activity whose id lies on another server than its actor is refused', async (t) => {
  t.equal(decide({ type: 'Follow', id: 'https://evil.example/1', objectId: `${OWN}/ap/actors/1` }), 'refused-origin')
})

t.test('checklist 22: with a key of one’s own nobody speaks for another', async (t) => {
  for (const type of ['Follow', 'Like', 'Announce', 'Accept', 'Reject', 'Undo', 'Block', 'Flag', 'Add', 'Remove', 'Move', 'View']) {
    t.equal(decide({ type, signer: MALLORY, objectId: 'https://peer.example/n/1', owner: BOB, ownTarget: true }), 'refused-signer', type)
  }
  t.equal(decide({ type: 'Create', signer: MALLORY, objectId: 'https://peer.example/n/1' }), 'refetch')
  t.equal(decide({ type: 'Delete', signer: MALLORY, objectId: 'https://peer.example/n/1', owner: BOB }), 'check-gone')
  t.equal(
    decide({ type: 'Delete', signer: MALLORY, objectId: BOB, aboutActor: true }),
    'refused-signer',
    'an account is deleted by itself only'
  )
  t.equal(decide({ type: 'Create', signer: MALLORY, objectId: `${OWN}/ap/objects/1` }), 'refused-signer')
})

t.test('Delete: the owner at once, a neighbour if it is gone, a stranger never', async (t) => {
  const about = { type: 'Delete', objectId: 'https://peer.example/n/1', owner: BOB }
  t.equal(decide(about), 'apply')
  t.equal(decide({ ...about, signer: EVE, actor: EVE, id: null }), 'check-gone')
  t.equal(decide({ ...about, signer: MALLORY, actor: MALLORY, id: null }), 'refused-owner')
  t.equal(decide({ ...about, owner: null }), 'remember')
  t.equal(decide({ ...about, owner: null, signer: MALLORY, actor: MALLORY, id: null }), 'refused-owner')
})

t.test('for any facts: inline content counts only from the stored owner, and nothing is written under our own names', async (t) => {
  const iri = fc.constantFrom(
    BOB,
    EVE,
    MALLORY,
    'https://peer.example/n/1',
    'https://evil.example/n/1',
    `${OWN}/ap/objects/1`,
    `${OWN}/ap/actors/1`
  )
  const maybe = fc.option(iri, { nil: null })
  const facts: fc.Arbitrary<Facts> = fc.record({
    type: fc.constantFrom('Create', 'Update', 'Delete'),
    signer: fc.constantFrom(BOB, EVE, MALLORY),
    actor: fc.constantFrom(BOB, EVE, MALLORY),
    id: maybe,
    own: fc.constant(OWN),
    objectId: maybe,
    aboutActor: fc.boolean(),
    claimedAuthor: maybe,
    claimedGroup: fc.constant(false),
    owner: maybe,
    writer: maybe,
    ownerIsGroup: fc.boolean(),
    ownTarget: fc.boolean(),
    moderates: fc.constant(null)
  })
  fc.assert(
    fc.property(facts, (facts) => {
      const { decision } = authorise(facts)
      if (decision === 'refuse' || decision === 'remember') return true
      if (facts.objectId === null || facts.objectId.startsWith(OWN)) return false
      if (decision !== 'apply') return true
      if (facts.signer !== facts.actor) return false
      const origin = new URL(facts.objectId).origin === new URL(facts.signer).origin
      if (facts.type === 'Create') return origin && (facts.claimedAuthor === null || facts.claimedAuthor === facts.signer)
      if (facts.aboutActor || facts.objectId === facts.signer) return origin
      return facts.owner === facts.signer || facts.writer === facts.signer
    }),
    { numRuns: 5000 }
  )
  t.pass()
})
