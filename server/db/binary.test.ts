import t from 'tap'
import { testContext } from '../test/context.ts'
import { textArray } from './binary.ts'

t.test('texts arrive as they were, whatever stands in them', async (t) => {
  const { ctx } = await testContext(t)
  const texts = ['', 'école 🌿', 'a "quoted" \\ {one,two}', 'NULL', 'x'.repeat(100_000)]
  for (const values of [texts, []]) {
    const { rows } = await ctx.db.raw('select ?::text[] as back', [textArray(values.map((text) => Buffer.from(text)))])
    t.same(rows[0].back, values)
  }
})
