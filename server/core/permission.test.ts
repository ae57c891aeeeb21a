// Who may do what: each action, each kind of person.
import t from 'tap'
import { assertCan, can, type Who } from './permission.ts'

const citizen: Who = { role: 'member', actorId: '1' }
const admin: Who = { role: 'admin', actorId: '2' }
const moderator: Who = { role: 'moderator', actorId: '3' }

t.test('a stranger may do nothing', async (t) => {
  for (const action of [
    'account.review',
    'site.edit',
    'group.create',
    'group.edit',
    'group.publish',
    'object.edit',
    'media.edit'
  ] as const) {
    t.notOk(can(null, action, { ownerId: '1', membership: { role: 'owner', state: 'active' } }), action)
  }
  t.throws(() => assertCan(null, 'group.create'), { code: 'permission.denied', status: 403 })
})

t.test('only administrators edit the site; moderators review accounts', async (t) => {
  t.same(
    [citizen, moderator, admin].map((who) => can(who, 'site.edit')),
    [false, false, true]
  )
  t.same(
    [citizen, moderator, admin].map((who) => can(who, 'account.review')),
    [false, true, true]
  )
})

t.test('publishing as a group follows its rule, and a request to join is no membership', async (t) => {
  const asMember = { membership: { role: 'member', state: 'active' } } as const
  t.ok(can(citizen, 'group.publish', { ...asMember, posting: 'members' }))
  t.notOk(can(citizen, 'group.publish', { ...asMember, posting: 'moderators' }))
  t.ok(can(citizen, 'group.publish', { membership: { role: 'moderator', state: 'active' }, posting: 'moderators' }))
  t.notOk(can(citizen, 'group.publish', { membership: { role: 'owner', state: 'pending' }, posting: 'members' }))
  t.notOk(can(admin, 'group.publish', { membership: null, posting: 'members' }), 'an administrator does not speak for others')
})

t.test('authors edit their own, also what a group published for them; moderators remove but do not rewrite', async (t) => {
  t.ok(can(citizen, 'object.edit', { ownerId: '1' }))
  t.ok(can(citizen, 'object.edit', { ownerId: '9', authorId: '1' }))
  t.notOk(can(citizen, 'object.edit', { ownerId: '9', authorId: '8', membership: { role: 'member', state: 'active' } }))
  t.notOk(can(moderator, 'object.edit', { ownerId: '9' }))
  t.ok(can(moderator, 'object.delete', { ownerId: '9' }))
})
