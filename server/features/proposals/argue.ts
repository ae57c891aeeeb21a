// What speaks for a proposal or against it, a question, a source. Its support is its likes, from here and from everywhere.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { escapeHtml } from '../../core/text.ts'
import { insertArgument, type ArgumentKind } from '../../db/amendments.ts'
import { findProposal } from '../../db/proposals.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { text as sentence } from '../../locales/texts.ts'
import { assertPhase } from '../../protocol/processes.ts'
import { assertNotArchived } from '../../protocol/rooms.ts'
import { hashtagsOf, htmlOf, tidy, wrong } from './input.ts'
import { sayUnder, venueUnder } from './say-under.ts'

export interface ArgumentInput {
  kind: ArgumentKind
  text: string
  /** An https address. */
  link?: string | null
}

const MAX_ARGUMENT = 2000

/** Throws proposal.not-open, process.argue-*, room.archived (409), proposal.argument, proposal.link (422). Gives its row id. */
export async function addArgument(ctx: Ctx, author: ActorRow, row: ObjectRow, { kind, text, link }: ArgumentInput): Promise<string> {
  const words = tidy(text, MAX_ARGUMENT)
  if ([...words].length < 5) throw wrong('proposal.argument', 'text', 'Please say it in a few words.')
  const address = readLink(link ?? '')
  const publisher = await findActor(ctx, row.actor_id)
  const group = await venueUnder(ctx, author, row)
  if (publisher === null) throw new AppError('post.not-found', 404, 'Record not found')
  return await ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).whereNull('deleted_at').forShare().first()
    const proposal = await findProposal(trx, row.id)
    if (fresh === undefined || proposal === null) throw new AppError('post.not-found', 404, 'Record not found')
    if (proposal.state !== 'open' && proposal.state !== 'voting')
      throw new AppError('proposal.not-open', 409, 'This proposal is decided or withdrawn.')
    await assertPhase(ctx, trx, row.id, 'argue')
    await assertNotArchived(trx, row.id)
    const { origin } = requireSite(ctx)
    const title = sentence(fresh.language?.startsWith('en') ? 'en' : 'fr', `proposal.said.${kind}`)
    const parts = [words, address ?? ''].filter((part) => part !== '')
    const said = await sayUnder(
      ctx,
      trx,
      { row: fresh, publisher, author, group },
      {
        kind: 'argument',
        content: `<p><strong>${escapeHtml(title)}</strong></p>${htmlOf(origin, parts.join('\n\n'))}`,
        source: [title, ...parts].join('\n\n'),
        hashtags: hashtagsOf([words])
      }
    )
    await insertArgument(trx, { object_id: said.id, proposal_id: row.id, kind, text: words, link: address, created_at: said.published })
    return said.id
  })
}

function readLink(typed: string): string | null {
  const link = typed.trim()
  if (link === '') return null
  const url = URL.canParse(link) ? new URL(link) : null
  if (url === null || url.protocol !== 'https:' || url.username !== '' || link.length > 1000)
    throw wrong('proposal.link', 'link', 'A link begins with https://.')
  return url.href
}
