// Posts in the Mastodon API: write, read, edit, delete, thread, history (docs.joinmastodon.org/methods/statuses).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { ObjectEditRow, ObjectRow, Visibility } from '../../db/rows.ts'
import { loadStatusParts } from '../../db/status-parts.ts'
import { loadThread } from '../../db/threads.ts'
import { findStatus, findStatuses, findVisibleObject } from '../../db/timelines.ts'
import { listEdits } from '../../features/wall/history.ts'
import { unboostObject } from '../../features/wall/boost.ts'
import { createNote, type NoteInput } from '../../features/wall/create-note.ts'
import { deleteObject } from '../../features/wall/delete-object.ts'
import { editNote } from '../../features/wall/edit-note.ts'
import { schedulePost } from '../../features/wall/scheduled.ts'
import { askForThread } from '../../protocol/threads.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { boolOf, idParam, listOf, notFound, readParams, textOf, viewerOf, type Params } from './params.ts'
import { pollInputOf } from './polls.ts'
import { quotePolicyOf, replyPolicyOf } from './quotes.ts'
import { presentStatus, presentStatuses } from './present.ts'
import { scheduleOf, toScheduledStatus } from './scheduled.ts'
import type { StatusEdit } from './serialise/entities.ts'
import { toStatus } from './serialise/status.ts'

const READ = { public: true }
const WRITE = { scope: 'write:statuses' }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonStatuses(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const lookups = limitLookups(app, ctx)

  app.post('/statuses', { config: WRITE }, async (request) => {
    const { actor, account } = requireAuth(request)
    const params = await readParams(request)
    const key = request.headers['idempotency-key']
    const input: NoteInput = {
      text: textOf(params['status']) ?? '',
      visibility: visibilityOf(params['visibility']) ?? visibilityOf(account.preferences.privacy) ?? 'public',
      inReplyToId: textOf(params['in_reply_to_id']),
      spoilerText: textOf(params['spoiler_text']),
      sensitive: boolOf(params['sensitive']),
      language: textOf(params['language']) ?? account.locale,
      mediaIds: listOf(params['media_ids']),
      as: textOf(params['as']),
      poll: pollInputOf(params['poll']),
      group: textOf(params['group']),
      title: textOf(params['title']),
      quotedId: textOf(params['quoted_status_id']),
      quotePolicy: quotePolicyOf(params['quote_approval_policy']) ?? account.preferences.quotePolicy,
      replyPolicy: replyPolicyOf(params['reply_policy']),
      idempotencyKey: typeof key === 'string' ? key : undefined
    }
    const at = scheduleOf(params['scheduled_at'])
    if (at !== null) return toScheduledStatus(ctx, await schedulePost(ctx, actor, input, { at, mayAsk: lookups(request) }))
    const row = await createNote(ctx, actor, input, lookups(request))
    return presentStatus(ctx, row.id, { actorId: actor.id })
  })

  app.get('/statuses', { config: READ }, async (request) => {
    const query = request.query as Params
    const ids = (listOf(query['id'] ?? query['ids'], 40) ?? []).filter((id) => /^[0-9]{1,18}$/.test(id))
    const rows = new Map((await findStatuses(ctx, ids, viewerOf(request))).map((row) => [row.id, row]))
    return presentStatuses(
      ctx,
      ids.flatMap((id) => rows.get(id) ?? []),
      viewerOf(request)
    )
  })

  app.get('/statuses/:id', { config: READ }, async (request) => presentStatus(ctx, idParam(request), viewerOf(request)))

  app.put('/statuses/:id', { config: WRITE }, async (request) => {
    const { actor } = requireAuth(request)
    const row = await ownRow(ctx, idParam(request), actor.id)
    const params = await readParams(request)
    const edit = {
      text: textOf(params['status']) ?? '',
      spoilerText: textOf(params['spoiler_text']),
      sensitive: boolOf(params['sensitive']),
      language: textOf(params['language']),
      mediaIds: listOf(params['media_ids'])
    }
    await editNote(ctx, whoIs(request)!, row, edit, lookups(request))
    return presentStatus(ctx, row.id, { actorId: actor.id })
  })

  app.delete('/statuses/:id', { config: WRITE }, async (request) => {
    const { actor } = requireAuth(request)
    const viewer = { actorId: actor.id }
    const shown = await presentStatus(ctx, idParam(request), viewer)
    const row = await ownRow(ctx, shown.id, actor.id)
    if (shown.reblog !== null && shown.account.id === actor.id) await unboostObject(ctx, actor, row)
    else await deleteObject(ctx, whoIs(request)!, row)
    return { ...shown, text: row.source ?? '' }
  })

  app.get('/statuses/:id/context', { config: READ }, async (request) => {
    const viewer = viewerOf(request)
    const row = await findStatus(ctx, idParam(request), viewer)
    if (row === null) throw notFound()
    // Only people of ours make the server ask others for anything (F24).
    if (viewer.actorId !== null) await askForThread(ctx, row.id)
    const { ancestors, descendants } = await loadThread(ctx, row, viewer)
    const parts = await loadStatusParts(ctx, [...ancestors, ...descendants], viewer)
    const show = (rows: typeof ancestors) => rows.flatMap((one) => toStatus(ctx, one, parts) ?? [])
    return { ancestors: show(ancestors), descendants: show(descendants) }
  })

  app.get('/statuses/:id/source', { config: { scope: 'read:statuses' } }, async (request) => {
    const { actor } = requireAuth(request)
    const row = await ownRow(ctx, idParam(request), actor.id)
    if (row.actor_id !== actor.id && row.author_id !== actor.id) throw notFound()
    return { id: row.id, text: row.source ?? '', spoiler_text: row.type === 'Note' ? (row.summary ?? '') : '' }
  })

  app.get('/statuses/:id/history', { config: READ }, async (request) => {
    const status = await presentStatus(ctx, idParam(request), viewerOf(request))
    const edits = await listEdits(ctx, status.id)
    const now = {
      at: new Date(status.edited_at ?? status.created_at),
      content_html: status.communer.body,
      summary: status.spoiler_text,
      name: status.communer.title
    }
    return [...edits, now].map((edit) => toEdit(edit, status))
  })
}

/** The row behind an id the person may see: a boost gives what it boosts. Whether they may change it is the feature's question. */
async function ownRow(ctx: Ctx, id: string, actorId: string): Promise<ObjectRow> {
  const row = await findVisibleObject(ctx, id, { actorId })
  if (row === null) throw notFound()
  return row
}

function toEdit(
  edit: Pick<ObjectEditRow, 'at' | 'content_html' | 'summary' | 'name'>,
  status: Awaited<ReturnType<typeof presentStatus>>
): StatusEdit {
  return {
    content: edit.content_html,
    spoiler_text: edit.name === null ? (edit.summary ?? '') : '',
    sensitive: status.sensitive,
    created_at: edit.at.toISOString(),
    account: status.account,
    poll: null,
    media_attachments: status.media_attachments,
    emojis: status.emojis
  }
}

const VISIBILITIES: Record<string, Visibility> = {
  public: 'public',
  unlisted: 'unlisted',
  private: 'followers',
  followers: 'followers',
  members: 'members',
  direct: 'direct',
  local: 'local'
}

/** Mastodon's words and ours. An unknown word is refused: guessing would show to all what was meant for few. */
function visibilityOf(value: unknown): Visibility | undefined {
  const word = textOf(value)
  if (word === undefined || word === '') return undefined
  const visibility = Object.hasOwn(VISIBILITIES, word) ? VISIBILITIES[word] : undefined
  if (visibility === undefined) throw new AppError('post.visibility', 422, 'This visibility is unknown.')
  return visibility
}
