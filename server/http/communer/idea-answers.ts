// Ideas as the native API shows them, and the schemas of what is sent.
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { can, type Who } from '../../core/permission.ts'
import { ideaRules } from '../../db/idea-rules.ts'
import { HELP_KINDS, listIdeas, opinionsOf, standingsOf, type HelpKind, type ListedIdea } from '../../db/ideas.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { requireSite } from '../../db/site.ts'
import { subjectOf } from '../../protocol/media-address.ts'
import { notFound } from '../mastodon/params.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { toImage } from '../mastodon/serialise/event.ts'
import { withProxiedImages } from '../mastodon/serialise/images.ts'
import { ThemeWord } from './card-entity.ts'
import { LocationInput } from './event-schemas.ts'
import { Commitment, OfficialAnswer, presentAnswer } from './official-answers.ts'
import { ProcessLink, processLinks } from './process-answers.ts'
import { Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const oneOf = <Word extends string>(words: readonly Word[]) => Type.Unsafe<Word>({ type: 'string', enum: [...words] })
export const HelpWord = oneOf<HelpKind>(HELP_KINDS)

export const Idea = Type.Object(
  {
    id: Id,
    uri: Type.String(),
    url: Type.String(),
    title: Type.String(),
    text: Type.String({ description: 'HTML, sanitised' }),
    source: orNull(Type.String({ description: 'As typed, for who may edit it' })),
    themes: Type.Array(ThemeWord),
    place: orNull(
      Type.Object({
        name: orNull(Type.String()),
        address: orNull(Type.String()),
        latitude: orNull(Type.Number()),
        longitude: orNull(Type.Number())
      })
    ),
    image: orNull(
      Type.Object({ url: Type.String(), description: orNull(Type.String()), width: orNull(Type.Integer()), height: orNull(Type.Integer()) })
    ),
    account: MastodonAccount,
    author: orNull(MastodonAccount),
    created_at: Type.String(),
    edited_at: orNull(Type.String()),
    state: oneOf(['open', 'withdrawn', 'merged'] as const),
    mergedInto: orNull(Type.Object({ id: Id, title: Type.String() })),
    backers: Type.Object(
      {
        residents: Type.Integer(),
        verified: Type.Integer(),
        members: Type.Integer(),
        public: Type.Integer(),
        joined: Type.Integer(),
        paper: Type.Integer()
      },
      {
        description:
          'residents say they live here (verified of them by the town hall); members have an account here; public: elsewhere; joined: of residents and members, who backs an idea joined to this one and not this one; paper: on slips that two people of the town hall have read'
      }
    ),
    helps: Type.Integer(),
    objections: Type.Integer({ description: 'With a reason' }),
    against: Type.Integer({ description: 'Dislikes from elsewhere, without a reason' }),
    threshold: orNull(Type.Integer({ description: 'Residents whose backing obliges the commune to answer' })),
    dueOn: orNull(Type.String({ description: 'YYYY-MM-DD: the commune answers until then' })),
    isOverdue: Type.Boolean(),
    answer: OfficialAnswer,
    progress: Type.Integer(),
    commitments: Type.Array(Commitment),
    project: orNull(MastodonAccount),
    mine: Type.Object({
      backed: Type.Boolean(),
      objection: orNull(Type.String()),
      help: orNull(Type.Object({ kinds: Type.Array(HelpWord), words: Type.String() }))
    }),
    can: Type.Object({ edit: Type.Boolean(), withdraw: Type.Boolean(), answer: Type.Boolean(), concretise: Type.Boolean() }),
    replies_count: Type.Integer(),
    process: orNull(ProcessLink),
    paper_slip: orNull(Type.Integer({ description: 'Number of the slip it was written on' }))
  },
  { title: 'Idea' }
)

const Text = (maxLength: number) => Type.String({ maxLength })
const fields = {
  title: Text(1000),
  text: Text(50_000),
  themes: Type.Optional(Type.Array(Text(40), { maxItems: 12 })),
  place: Type.Optional(orNull(LocationInput)),
  language: Type.Optional(Text(20)),
  media_ids: Type.Optional(Type.Array(Id, { maxItems: 4 }))
}
export const NewIdeaBody = strictObject({ ...fields, as: Type.Optional(Text(60)), process: Type.Optional(orNull(Id)) })
export const EditIdeaBody = strictObject({ ...fields, title: Type.Optional(fields.title), text: Type.Optional(fields.text) })
export type IdeaEntity = Static<typeof Idea>

/** The idea of this id, if the viewer may see it. Throws request.not-found (404). */
export async function getIdea(ctx: Ctx, id: string, viewer: Viewer): Promise<ObjectRow> {
  const row = await findVisibleObject(ctx, id, viewer)
  if (row === null || row.kind !== 'idea' || !row.local || row.id !== id) throw notFound()
  return row
}

/** The entity of one idea. Throws request.not-found (404). */
export async function showIdea(ctx: Ctx, id: string, viewer: Viewer, who: Who | null): Promise<IdeaEntity> {
  const rows = await listIdeas(ctx, viewer, { tab: 'new', ids: [id], offset: 0, limit: 1 })
  const [idea] = await presentIdeas(ctx, rows, viewer, who)
  if (idea === undefined) throw notFound()
  return idea
}

/** The entities of a page, in a fixed number of queries. */
export async function presentIdeas(ctx: Ctx, rows: ListedIdea[], viewer: Viewer, who: Who | null): Promise<IdeaEntity[]> {
  const ids = rows.map(({ id }) => id)
  const actorIds = rows.flatMap((row) =>
    [row.actor_id, row.author_id, row.idea.answered_by, row.idea.project_id].filter((id) => id !== null)
  )
  const [actors, standings, opinions, { threshold }, processes] = await Promise.all([
    loadActorParts(ctx, [...new Set(actorIds)]),
    standingsOf(ctx, viewer, ids),
    opinionsOf(ctx, ids),
    ideaRules(ctx.db),
    processLinks(ctx, ids)
  ])
  const account = (id: string | null) => {
    const actor = id === null ? undefined : actors.get(id)
    return actor === undefined ? null : toAccount(ctx, actor, actor)
  }
  const today = dayOf(ctx)
  return rows.flatMap((row): IdeaEntity[] => {
    const { idea } = row
    const owner = account(row.actor_id)
    if (owner === null) return []
    const isMine = viewer.actorId !== null && viewer.actorId === (row.author_id ?? row.actor_id)
    const isOpen = idea.state === 'open'
    const backers = idea.residents + idea.members + idea.public + idea.paper
    const said = opinions.get(row.id)
    const isOwed = isOpen && (idea.answer === 'none' || idea.answer === 'examining')
    return [
      {
        id: row.id,
        uri: row.iri,
        url: row.url ?? row.iri,
        title: row.name ?? '',
        text: withProxiedImages(ctx, row.content_html, subjectOf(row)),
        source: null,
        themes: idea.themes,
        place: placeOf(row),
        image: toImage(ctx, row),
        account: owner,
        author: account(row.author_id),
        created_at: row.published.toISOString(),
        edited_at: row.updated?.toISOString() ?? null,
        state: idea.state,
        mergedInto: idea.merged_into === null ? null : { id: idea.merged_into, title: said?.mergedTitle ?? '' },
        backers: {
          residents: idea.residents,
          verified: idea.verified,
          members: idea.members,
          public: idea.public,
          paper: idea.paper,
          joined: idea.joined
        },
        helps: said?.helps ?? 0,
        objections: said?.objections ?? 0,
        against: said?.against ?? 0,
        threshold,
        dueOn: isOwed ? idea.due_on : null,
        isOverdue: isOwed && idea.due_on !== null && idea.due_on < today,
        answer: presentAnswer(idea, account),
        progress: idea.progress,
        commitments: idea.commitments,
        project: account(idea.project_id),
        mine: standings.get(row.id) ?? { backed: false, objection: null, help: null },
        can: {
          edit: isMine && isOpen && backers === 0,
          withdraw: isMine && isOpen,
          answer: can(who, 'idea.answer') && isOpen,
          concretise: isOpen && idea.project_id === null && (isMine || can(who, 'idea.answer'))
        },
        replies_count: said?.replies ?? 0,
        process: processes.get(row.id) ?? null,
        paper_slip: idea.paper_slip
      }
    ]
  })
}

function placeOf(row: ListedIdea): IdeaEntity['place'] {
  if (row.place === null) return null
  const { name = null, address = null, latitude = null, longitude = null } = row.place
  return { name, address, latitude, longitude }
}

/** Today in the commune, YYYY-MM-DD. */
function dayOf(ctx: Ctx): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: requireSite(ctx).timezone }).format(ctx.clock.now())
}
