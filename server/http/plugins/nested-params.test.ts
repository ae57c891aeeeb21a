// Forms as Mastodon's clients write them, and forms nobody should write.
import t from 'tap'
import fc from 'fast-check'
import { parseNested } from './nested-params.ts'

t.test('lists and objects come out nested', async (t) => {
  t.same(parseNested('id[]=1&id[]=2'), { id: ['1', '2'] })
  t.same(parseNested('source[privacy]=public&fields_attributes[1][name]=b&fields_attributes[0][name]=a'), {
    source: { privacy: 'public' },
    fields_attributes: [{ name: 'a' }, { name: 'b' }]
  })
  t.same(parseNested('status=a+b%26c&status=last'), { status: 'last' })
  t.same(parseNested('0=a&1=b'), { 0: 'a', 1: 'b' }, 'the form itself is never a list')
})

t.test('malformed and malicious names are left out', async (t) => {
  t.same(parseNested('a[=1&a]=2&[b]=3&a[b[c]]=4&x[1][2][3][4][5]=6'), {})
  t.same(parseNested('__proto__[x]=1&a[constructor][prototype][x]=1&prototype=2'), {})
  t.equal(({} as Record<string, unknown>)['x'], undefined)
})

t.test('no text makes it throw or touches the prototypes', async (t) => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('[', ']', '[]', '[0]', '__proto__', '=', '&', '%', '%zz', 'a'))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const parsed = parseNested(pieces.join(''))
      return typeof parsed === 'object' && Object.keys(Object.prototype).length === 0
    })
  )
  t.same(Object.keys(Object.prototype), [])
})
