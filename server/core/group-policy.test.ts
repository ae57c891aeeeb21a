import t from 'tap'
import { hear, type Standing } from './group-policy.ts'

const stranger: Standing = { openness: 'open', posting: 'members', role: null, follows: false, banned: false }
const post = { isAnswer: false, locked: false }
const answer = { isAnswer: true, locked: false }

t.test('[64] who is banned is not heard, whatever their role', async (t) => {
  for (const role of ['member', 'moderator', 'owner', null] as const) {
    t.equal(hear({ ...stranger, role, banned: true }, post), 'banned')
    t.equal(hear({ ...stranger, role, banned: true }, answer), 'banned')
  }
})

t.test('O29 a stranger starts no thread: held in open and moderated groups, ignored by private ones', async (t) => {
  t.equal(hear(stranger, post), 'held')
  t.equal(hear({ ...stranger, openness: 'moderated' }, post), 'held')
  t.equal(hear({ ...stranger, openness: 'invite_only' }, post), 'unheard')
  t.equal(hear({ ...stranger, openness: 'invite_only' }, answer), 'unheard')
  t.equal(hear({ ...stranger, openness: 'moderated' }, answer), 'held')
})

t.test('a follower of an open group is heard like a member; of another group, not', async (t) => {
  t.equal(hear({ ...stranger, follows: true }, post), 'heard')
  t.equal(hear({ ...stranger, follows: true, openness: 'moderated' }, post), 'held')
  t.equal(hear({ ...stranger, role: 'member', openness: 'invite_only' }, post), 'heard')
})

t.test('where only moderators post, members answer and nothing else', async (t) => {
  const member: Standing = { ...stranger, posting: 'moderators', role: 'member' }
  t.equal(hear(member, post), 'unheard')
  t.equal(hear({ ...member, openness: 'moderated' }, post), 'held')
  t.equal(hear(member, answer), 'heard')
  t.equal(hear({ ...member, role: 'moderator' }, post), 'heard')
})

t.test('an open thread takes answers from anybody, a locked one from moderators only', async (t) => {
  t.equal(hear(stranger, answer), 'heard')
  t.equal(hear({ ...stranger, role: 'member' }, { isAnswer: true, locked: true }), 'locked')
  t.equal(hear({ ...stranger, role: 'moderator' }, { isAnswer: true, locked: true }), 'heard')
})
