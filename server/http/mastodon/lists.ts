// Lists in the Mastodon API: make, fill, read (docs.joinmastodon.org/methods/lists). Their timeline is with the others, in timelines.ts.
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import { membersOfList } from '../../db/relationships.ts'
import type { ListRow } from '../../db/rows.ts'
import {
  addToList,
  createList,
  deleteList,
  getList,
  listsOf,
  listsWith,
  removeFromList,
  updateList,
  type ListInput
} from '../../features/lists/lists.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, listOf, readPage, readParams, textOf, type Params } from './params.ts'
import { presentAccounts } from './present.ts'
import type { List } from './serialise/entities.ts'

const READ = { config: { scope: 'read:lists' } }
const WRITE = { config: { scope: 'write:lists' } }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonLists(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/lists', READ, async (request) => (await listsOf(ctx, requireAuth(request).actor.id)).map(toList))

  app.post('/lists', WRITE, async (request) =>
    toList(await createList(ctx, requireAuth(request).actor.id, inputOf(await readParams(request))))
  )

  app.get('/lists/:id', READ, async (request) => toList(await getList(ctx, requireAuth(request).actor.id, idParam(request))))

  app.put('/lists/:id', WRITE, async (request) =>
    toList(await updateList(ctx, requireAuth(request).actor.id, idParam(request), inputOf(await readParams(request))))
  )

  app.delete('/lists/:id', WRITE, async (request) => {
    await deleteList(ctx, requireAuth(request).actor.id, idParam(request))
    return {}
  })

  app.get('/lists/:id/accounts', READ, async (request, reply) => {
    const list = await getList(ctx, requireAuth(request).actor.id, idParam(request))
    // 0: all of them, which is at most one page of 500.
    const page = readPage(request, 40, 80)
    if (textOf((request.query as Params)['limit']) === '0') page.limit = 500
    return presentAccounts(ctx, request, reply, await membersOfList(ctx, list.id, page), page)
  })

  app.post('/lists/:id/accounts', WRITE, async (request) => {
    await addToList(ctx, requireAuth(request).actor.id, idParam(request), accountIds(await readParams(request)))
    return {}
  })

  app.delete('/lists/:id/accounts', WRITE, async (request) => {
    await removeFromList(ctx, requireAuth(request).actor.id, idParam(request), accountIds(await readParams(request)))
    return {}
  })

  app.get('/accounts/:id/lists', READ, async (request) =>
    (await listsWith(ctx, requireAuth(request).actor.id, idParam(request))).map(toList)
  )
}

function toList({ id, title, replies_policy, exclusive }: ListRow): List {
  return { id, title, replies_policy, exclusive }
}

function inputOf(params: Params): ListInput {
  return { title: textOf(params['title']), repliesPolicy: textOf(params['replies_policy']), exclusive: boolOf(params['exclusive']) }
}

function accountIds(params: Params): string[] {
  return (listOf(params['account_ids']) ?? []).filter(isRowId)
}
