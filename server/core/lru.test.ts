import t from 'tap'
import { createLru } from './lru.ts'

t.test('what was used longest ago goes first', async (t) => {
  const evicted: string[] = []
  const lru = createLru<string, number>(2, (_value, key) => void evicted.push(key))
  lru.set('a', 1)
  lru.set('b', 2)
  t.equal(lru.get('a'), 1)
  lru.set('c', 3)
  t.same(evicted, ['b'])
  t.equal(lru.get('b'), undefined)
  lru.set('a', 4)
  t.equal(lru.get('a'), 4)
  t.equal(lru.size, 2)
  lru.delete('a')
  t.equal(lru.size, 1)
  t.same(evicted, ['b'], 'deleting is not evicting')
})
