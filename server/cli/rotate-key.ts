// `actor rotate-key USER`: a new key for a person, a group, the commune or the instance, and word of it to all followers.
import { AppError } from '../core/errors.ts'
import { findActorWithHandle } from '../db/actors.ts'
import { requireSite } from '../db/site.ts'
import { rotateKey } from '../protocol/local-actors.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'

async function run({ config, args }: Input): Promise<Outcome> {
  const username = args[0]!.replace(/^@/, '')
  return withContext(config, async (ctx) => {
    const actor = await findActorWithHandle(ctx.db, username, requireSite(ctx).accountDomain)
    if (actor === null || !actor.local) throw new AppError('actor.unknown', 404, `There is no account "${username}" here.`)
    const key = await rotateKey(ctx, actor.id)
    return { json: { username, iri: actor.iri, key }, text: `${username} signs with a new key: ${key}` }
  })
}

export const rotateKeyCommand: Command = {
  name: 'actor rotate-key',
  summary: 'Give an account, a group or the instance a new key',
  words: ['USER'],
  options: {},
  run
}
