// What objects of each kind have in their documents, read anew from their own rows whenever one is published again. A new kind is a line here,
// and its page in vocab/iris.ts.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { findProcess } from '../db/processes.ts'
import type { ObjectRow } from '../db/rows.ts'
import { adding, type Dress } from '../vocab/dress.ts'
import { ideaFields } from '../vocab/idea.ts'
import { processFields } from '../vocab/process.ts'
import { proposalFields } from '../vocab/proposal.ts'
import { withTask } from '../vocab/task.ts'
import { ideaSource } from './ideas.ts'
import { proposalSource } from './proposals.ts'
import { taskSource } from './tasks.ts'

type Reader = (ctx: Ctx, trx: Knex, row: ObjectRow) => Promise<Dress | null>

const KINDS: Record<string, Reader> = {
  async idea(_ctx, trx, { id }) {
    const source = await ideaSource(trx, id)
    return source && adding(ideaFields(source))
  },
  async proposal(_ctx, trx, row) {
    const source = await proposalSource(trx, row)
    return source && adding(proposalFields(source))
  },
  async process(ctx, trx, { id }) {
    const source = await findProcess(trx, id)
    return source && adding(processFields(source, ctx.clock.now()))
  },
  async task(_ctx, trx, { id }) {
    const source = await taskSource(trx, id)
    return source && ((document, words) => withTask(document, source, words))
  },
  // The rules of a vote never change: they stay as they were published.
  async vote(_ctx, _trx, { doc }) {
    return adding(Object.fromEntries(Object.entries(doc).filter(([key]) => key.startsWith('communer:') || key === 'endTime')))
  }
}

/** Null: nothing beside the keys of its type. */
export async function dressOf(ctx: Ctx, trx: Knex, row: ObjectRow): Promise<Dress | null> {
  return (await KINDS[row.kind ?? '']?.(ctx, trx, row)) ?? null
}
