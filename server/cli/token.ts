// `token create`: an access token for scripts and for apps that cannot use OAuth.
import { createToken } from '../features/accounts/tokens.ts'
import { getAccountByUsername } from '../features/accounts/review.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'

const DEFAULT_SCOPES = 'read write follow push'

async function create({ config, args, value }: Input): Promise<Outcome> {
  const scopes = value('scopes') ?? DEFAULT_SCOPES
  return withContext(config, async (ctx) => {
    const { account, actor } = await getAccountByUsername(ctx, args[0]!)
    const token = await createToken(ctx, account.id, scopes)
    return { json: { token, username: actor.username, scopes }, text: token }
  })
}

export const tokenCommands: Command[] = [
  {
    name: 'token create',
    summary: 'Print a new access token of an account',
    words: ['USER'],
    options: { scopes: { text: `scopes (default: "${DEFAULT_SCOPES}")` } },
    run: create
  }
]
