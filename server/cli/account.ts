// `account …`: people who log in, managed from the terminal.
import { randomBytes } from 'node:crypto'
import { AppError } from '../core/errors.ts'
import { createAccount } from '../features/accounts/create.ts'
import { disableAccount, getAccountByUsername, listAccounts, resetPassword } from '../features/accounts/review.ts'
import { resetLink } from '../features/accounts/reset.ts'
import { removeSecondFactors } from '../features/accounts/second-factor.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'
import { table } from './table.ts'

const ROLES = ['member', 'agent', 'moderator', 'admin'] as const
type Role = (typeof ROLES)[number]

/** Twenty letters and digits: strong, and short enough to read aloud. */
function newPassword(): string {
  return randomBytes(30)
    .toString('base64')
    .replaceAll(/[^a-zA-Z0-9]/g, '')
    .slice(0, 20)
}

function roleOf(value: string | undefined): Role {
  const role = (value ?? 'member') as Role
  if (!ROLES.includes(role)) throw new AppError('cli.role', 422, `--role must be one of ${ROLES.join(', ')}`)
  return role
}

async function create({ config, args, need, value, isSet }: Input): Promise<Outcome> {
  const role = roleOf(value('role'))
  const password = value('password') ?? newPassword()
  return withContext(config, async (ctx) => {
    // Made by the operator, an account is active at once; --confirmed says so explicitly.
    const { account, actor } = await createAccount(ctx, {
      username: args[0]!,
      email: need('email'),
      password,
      name: value('name'),
      role,
      status: 'active'
    })
    const given = value('password') === undefined ? { password } : {}
    const text = `${actor.username} (${account.role}) can log in${given.password ? ` with the password ${given.password}` : ''}.`
    return {
      json: {
        id: account.id,
        actor_id: actor.id,
        username: actor.username,
        iri: actor.iri,
        role: account.role,
        confirmed: isSet('confirmed') || account.status === 'active',
        ...given
      },
      text
    }
  })
}

async function list({ config, value }: Input): Promise<Outcome> {
  const status = value('status') as 'pending' | 'active' | 'disabled' | undefined
  return withContext(config, async (ctx) => {
    const found = await listAccounts(ctx, { ...(status === undefined ? {} : { status }), limit: 10_000 })
    const json = found.map(({ account, actor }) => ({
      id: account.id,
      username: actor.username,
      email: account.email,
      role: account.role,
      status: account.status,
      created_at: account.created_at
    }))
    const rows = json.map((one) => [one.username, one.email, one.role, one.status, one.created_at.toISOString().slice(0, 10)])
    return { json, text: table(['username', 'e-mail', 'role', 'status', 'since'], rows, 'There are no accounts yet.') }
  })
}

async function disable({ config, args }: Input): Promise<Outcome> {
  return withContext(config, async (ctx) => {
    const { account, actor } = await getAccountByUsername(ctx, args[0]!)
    await disableAccount(ctx, account.id)
    return { json: { username: actor.username, status: 'disabled' }, text: `${actor.username} can no longer log in.` }
  })
}

async function reset({ config, args, value }: Input): Promise<Outcome> {
  const password = value('password') ?? newPassword()
  return withContext(config, async (ctx) => {
    const { account, actor } = await getAccountByUsername(ctx, args[0]!)
    await resetPassword(ctx, account.id, password)
    const given = value('password') === undefined ? { password } : {}
    return {
      json: { username: actor.username, ...given },
      text: `${actor.username} has a new password${given.password ? `: ${given.password}` : ''}. Every session of theirs has ended.`
    }
  })
}

async function link({ config, args }: Input): Promise<Outcome> {
  return withContext(config, async (ctx) => {
    const { account, actor } = await getAccountByUsername(ctx, args[0]!)
    const { url, expiresAt } = await resetLink(ctx, account.id)
    return {
      json: { username: actor.username, url, expires_at: expiresAt },
      text: `${actor.username} may choose a new password until ${expiresAt.toISOString()}, once:\n${url}`
    }
  })
}

async function removeFactors({ config, args }: Input): Promise<Outcome> {
  return withContext(config, async (ctx) => {
    const { actor } = await getAccountByUsername(ctx, args[0]!)
    await removeSecondFactors(ctx, actor.id, null)
    return { json: { username: actor.username, second_factor: false }, text: `${actor.username} logs in with the password alone now.` }
  })
}

const password = { text: 'password (default: a random one, printed)' }

export const accountCommands: Command[] = [
  {
    name: 'account create',
    summary: 'Create an account',
    words: ['USER'],
    options: {
      email: { text: 'e-mail address', required: true },
      password,
      name: { text: 'display name' },
      role: { text: `${ROLES.join(', ')} (default: member)` },
      confirmed: { text: 'needs no confirmation (accounts made here never do)', isSwitch: true }
    },
    run: create
  },
  {
    name: 'account list',
    summary: 'List the accounts',
    words: [],
    options: { status: { text: 'pending, active or disabled' } },
    run: list
  },
  { name: 'account disable', summary: 'Keep an account from logging in', words: ['USER'], options: {}, run: disable },
  {
    name: 'account reset-password',
    summary: 'Give an account a new password and end its sessions',
    words: ['USER'],
    options: { password },
    run: reset
  },
  {
    name: 'account reset-link',
    summary: 'Make a link with which a person chooses a new password',
    words: ['USER'],
    options: {},
    run: link
  },
  {
    name: 'account remove-second-factor',
    summary: 'Remove the codes and passkeys of somebody who lost them',
    words: ['USER'],
    options: {},
    run: removeFactors
  }
]
