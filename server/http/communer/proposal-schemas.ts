// Schemas of proposals in the native API. OpenAPI prints them.
import { Type, type Static } from 'typebox'
import { AMENDMENT_KINDS, AMENDMENT_STATES, ARGUMENT_KINDS } from '../../db/amendments.ts'
import { AMENDABLE_BY, STATES, TABS } from '../../db/proposals.ts'
import { ThemeWord } from './card-entity.ts'
import { Commitment, OfficialAnswer } from './official-answers.ts'
import { ProcessLink } from './process-answers.ts'
import { RoomLink } from './room-answers.ts'
import { Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const oneOf = <Word extends string>(words: readonly Word[], options: { description?: string } = {}) =>
  Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options })
const Text = (maxLength: number) => Type.String({ maxLength })
const Named = orNull(Type.Object({ id: Id, title: Type.String() }))

const fields = {
  id: Id,
  uri: Type.String(),
  url: Type.String(),
  title: Type.String(),
  excerpt: Type.String({ description: 'The first words, plain' }),
  state: oneOf(STATES),
  version: Type.Integer(),
  themes: Type.Array(ThemeWord),
  visibility: oneOf(['public', 'members'] as const),
  amendable_by: oneOf(AMENDABLE_BY, { description: 'members: of the group in whose name it is' }),
  account: MastodonAccount,
  authors: Type.Array(MastodonAccount, { description: 'First author first; whose amendment was accepted is one' }),
  created_at: Type.String(),
  edited_at: orNull(Type.String()),
  idea: Named,
  vote: Named,
  supports: Type.Integer({ description: 'Likes, from here and from elsewhere' }),
  replies_count: Type.Integer(),
  amendments_waiting: Type.Integer(),
  arguments: Type.Object({ for: Type.Integer(), against: Type.Integer(), question: Type.Integer(), source: Type.Integer() }),
  answer: OfficialAnswer,
  progress: Type.Integer(),
  commitments: Type.Array(Commitment),
  supported: Type.Boolean({ description: 'By the viewer' }),
  process: orNull(ProcessLink),
  room: orNull(RoomLink)
}

export const ListedProposal = Type.Object(fields, { title: 'ListedProposal' })
export type ListedProposalEntity = Static<typeof ListedProposal>

export const ProposalEntity = Type.Object(
  {
    ...fields,
    paragraphs: Type.Array(
      Type.Object({
        key: Type.Integer({ description: 'Stays from version to version: amendments name it' }),
        text: Type.String({ description: 'As typed' }),
        html: Type.String({ description: 'HTML, sanitised' })
      })
    ),
    can: Type.Object({
      edit: Type.Boolean({ description: 'Change the text, decide about amendments, withdraw' }),
      amend: Type.Boolean(),
      argue: Type.Boolean(),
      answer: Type.Boolean({ description: 'In the name of the commune' }),
      report: Type.Boolean({ description: 'Progress and commitments' }),
      vote: orNull(Type.String({ description: 'Username of who would hold the vote that decides; null: not now, or not this person' }))
    })
  },
  { title: 'Proposal' }
)
export type FullProposalEntity = Static<typeof ProposalEntity>

export const Parts = Type.Array(Type.Object({ kind: oneOf(['same', 'added', 'removed'] as const), text: Type.String() }), {
  title: 'DiffParts'
})

export const VersionEntity = Type.Object(
  {
    number: Type.Integer(),
    title: Type.String(),
    account: orNull(MastodonAccount),
    reason: Type.String(),
    amendment_id: orNull(Id),
    created_at: Type.String()
  },
  { title: 'ProposalVersion' }
)

export const VersionDiff = Type.Object(
  {
    number: Type.Integer(),
    against: Type.Integer({ description: '0: nothing, everything is new' }),
    title: Parts,
    paragraphs: Type.Array(
      Type.Object({ key: Type.Integer(), kind: oneOf(['same', 'changed', 'added', 'removed'] as const), parts: Parts })
    )
  },
  { title: 'ProposalDiff' }
)

const supported = {
  id: Id,
  uri: Type.String(),
  account: MastodonAccount,
  supports: Type.Integer({ description: 'Likes of its post; the same API gives and takes them back' }),
  supported: Type.Boolean({ description: 'By the viewer' }),
  replies_count: Type.Integer(),
  created_at: Type.String()
}

export const AmendmentEntity = Type.Object(
  {
    ...supported,
    version: Type.Integer(),
    paragraph: Type.Integer({ description: 'Key; 0: before the first' }),
    position: Type.Integer({ description: 'Of that paragraph in the current text, from 1; 0: before the first, or it is gone' }),
    kind: oneOf(AMENDMENT_KINDS),
    text: Type.String(),
    reason: Type.String(),
    diff: Parts,
    state: oneOf(AMENDMENT_STATES, { description: 'outdated: the paragraph has changed since' }),
    decision: Type.String({ description: 'Why it was decided so' }),
    decided_by: orNull(MastodonAccount),
    decided_at: orNull(Type.String()),
    promoted_id: orNull(Id),
    can: Type.Object({ decide: Type.Boolean(), withdraw: Type.Boolean(), promote: Type.Boolean() })
  },
  { title: 'Amendment' }
)
export type AmendmentAnswer = Static<typeof AmendmentEntity>

export const ArgumentEntity = Type.Object(
  { ...supported, kind: oneOf(ARGUMENT_KINDS), text: Type.String(), link: orNull(Type.String()), is_mine: Type.Boolean() },
  { title: 'Argument' }
)
export type ArgumentAnswer = Static<typeof ArgumentEntity>

const words = {
  title: Text(1000),
  text: Text(60_000),
  themes: Type.Optional(Type.Array(Text(40), { maxItems: 12 })),
  amendable_by: Type.Optional(oneOf(AMENDABLE_BY)),
  media_ids: Type.Optional(Type.Array(Id, { maxItems: 4, description: 'Uploaded before; a change names all there are to be' }))
}
export const NewProposalBody = strictObject({
  ...words,
  visibility: Type.Optional(oneOf(['public', 'members'] as const)),
  as: Type.Optional(Text(60)),
  language: Type.Optional(Text(20)),
  idea: Type.Optional(orNull(Id)),
  process: Type.Optional(orNull(Id)),
  room: Type.Optional(orNull(Id)),
  draft: Type.Optional(Id)
})
export const EditProposalBody = strictObject({
  ...words,
  title: Type.Optional(words.title),
  text: Type.Optional(words.text),
  reason: Type.Optional(Text(8000))
})
export const AmendmentBody = strictObject({
  version: Type.Integer({ minimum: 1, description: 'The version that was read' }),
  paragraph: Type.Integer({ minimum: 0 }),
  kind: oneOf(AMENDMENT_KINDS),
  text: Type.Optional(Text(20_000)),
  reason: Type.Optional(Text(8000))
})
export const ArgumentBody = strictObject({ kind: oneOf(ARGUMENT_KINDS), text: Text(8000), link: Type.Optional(orNull(Text(2000))) })
export const WhyBody = strictObject({ reason: Text(8000) })
export const DraftBody = strictObject({
  title: Text(1000),
  text: Text(60_000),
  themes: Type.Array(Text(40), { maxItems: 12 }),
  as: Text(60),
  amendable_by: Text(20),
  visibility: Text(20),
  idea: orNull(Id),
  process: Type.Optional(orNull(Id)),
  room: Type.Optional(orNull(Id))
})
export const DraftEntity = Type.Object({ id: Id, updated_at: Type.String(), ...DraftBody.properties }, { title: 'ProposalDraft' })
export const ProposalQuery = Type.Object({
  tab: Type.Optional(oneOf(TABS, { description: 'closed: refused or withdrawn; mine: of which the viewer is an author' })),
  theme: Type.Optional(ThemeWord),
  q: Type.Optional(Text(200)),
  group: Type.Optional(Text(60)),
  idea: Type.Optional(Id),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 2000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 40 }))
})
