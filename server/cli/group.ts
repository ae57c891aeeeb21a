// `group create`: a group, an organization or a project for somebody who runs it.
import { AppError } from '../core/errors.ts'
import { getAccountByUsername } from '../features/accounts/review.ts'
import { createGroup } from '../features/groups/groups.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'

const KINDS = ['group', 'organization', 'project', 'service', 'place'] as const
type Kind = (typeof KINDS)[number]

async function create({ config, args, need, value }: Input): Promise<Outcome> {
  const kind = (value('kind') ?? 'group') as Kind
  if (!KINDS.includes(kind)) throw new AppError('cli.kind', 422, `--kind must be one of ${KINDS.join(', ')}`)
  return withContext(config, async (ctx) => {
    const { actor: owner } = await getAccountByUsername(ctx, need('owner'))
    const description = value('description')
    const group = await createGroup(ctx, owner, {
      username: args[0]!,
      name: need('name'),
      kind,
      ...(description === undefined ? {} : { description })
    })
    return {
      json: { id: group.id, username: group.username, iri: group.iri, url: group.url, kind, owner: owner.username },
      text: `${group.username} (${kind}) is run by ${owner.username}: ${group.url}`
    }
  })
}

export const groupCommands: Command[] = [
  {
    name: 'group create',
    summary: 'Create a group, an organization or a project',
    words: ['USER'],
    options: {
      name: { text: 'name of the group', required: true },
      owner: { text: 'username of who runs it', required: true },
      kind: { text: `${KINDS.join(', ')} (default: group)` },
      description: { text: 'what it is for' }
    },
    run: create
  }
]
