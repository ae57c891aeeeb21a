// Scopes: what covers what, and that nothing covers more than it says.
import t from 'tap'
import { coversScope, KNOWN_SCOPES, parseScopes, scopesWithin } from './scopes.ts'

t.test('a wide scope covers its parts, a part covers only itself', async (t) => {
  t.ok(coversScope(['read'], 'read:statuses'))
  t.notOk(coversScope(['read:statuses'], 'read'))
  t.notOk(coversScope(['read'], 'write:statuses'))
  t.ok(coversScope(['follow'], 'write:follows'))
  t.notOk(coversScope(['follow'], 'write:statuses'))
  t.ok(coversScope(['read:accounts'], 'profile'))
  t.notOk(coversScope(['profile'], 'read:accounts'))
})

t.test('no ordinary scope opens administration or what only a browser session may do', async (t) => {
  const ordinary = KNOWN_SCOPES.filter((scope) => !scope.startsWith('admin:'))
  for (const needed of ['admin:read', 'admin:write', 'session']) t.notOk(coversScope(ordinary, needed), needed)
  t.notOk(coversScope(KNOWN_SCOPES, 'session'))
  t.ok(coversScope(['*'], 'session'))
})

t.test('lists of scopes are read strictly', async (t) => {
  t.same(parseScopes('read write read'), ['read', 'write'])
  t.same(parseScopes('read+write:statuses'), ['read', 'write:statuses'])
  t.equal(parseScopes('read everything'), null)
  t.equal(parseScopes('*'), null)
  t.ok(scopesWithin(['read:statuses'], ['read']))
  t.notOk(scopesWithin(['read', 'write'], ['read']))
})
