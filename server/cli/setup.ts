// `setup`: the set-up page for scripts.
import { setUp } from '../features/setup/setup.ts'
import { removeSetupCode } from '../features/setup/setup-code.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'

async function run(input: Input): Promise<Outcome> {
  const { config, need, value } = input
  return withContext(config, async (ctx) => {
    const { site, actor } = await setUp(ctx, {
      name: need('name'),
      insee: value('insee') ?? '',
      country: value('country'),
      above: (value('above') ?? '').split(',').flatMap(levelOf),
      latitude: Number(need('lat')),
      longitude: Number(need('lon')),
      publicUrl: value('public-url') ?? config.publicUrl ?? `http://localhost:${config.port}`,
      accountDomain: value('account-domain'),
      registrations: value('registrations') as 'open' | 'approval' | 'closed' | undefined,
      description: value('description'),
      timezone: value('timezone'),
      locale: value('locale'),
      admin: { username: need('admin'), email: need('email'), password: need('password') }
    } as Parameters<typeof setUp>[1])
    removeSetupCode(config.dataDir)
    return {
      json: { name: site.name, origin: site.origin, account_domain: site.accountDomain, admin: actor.username },
      text: `${site.name} is set up at ${site.origin}. Log in as ${actor.username}.`
    }
  })
}

/** "canton:Vaud" */
function levelOf(text: string): { level: string; name: string }[] {
  const [level = '', ...name] = text.split(':')
  return text.trim() === '' ? [] : [{ level, name: name.join(':') }]
}

export const setupCommand: Command = {
  name: 'setup',
  summary: 'Set up the commune and its first administrator, once',
  words: [],
  options: {
    name: { text: 'name of the commune', required: true },
    insee: { text: 'INSEE code (empty outside France)' },
    country: { text: 'two letters (default: FR)' },
    above: { text: 'outside France: what the commune belongs to, the largest first, such as "canton:Vaud,district:Lausanne"' },
    lat: { text: 'latitude in degrees', required: true },
    lon: { text: 'longitude in degrees', required: true },
    admin: { text: "administrator's username", required: true },
    email: { text: "administrator's e-mail address", required: true },
    password: { text: "administrator's password", required: true },
    'public-url': { text: 'public address; it can never change (default: PUBLIC_URL, else http://localhost:PORT)' },
    'account-domain': { text: 'the part after @ in handles (default: ACCOUNT_DOMAIN, else the host of the address)' },
    registrations: { text: 'open, approval or closed' },
    description: { text: 'a sentence about the commune' },
    timezone: { text: 'such as Europe/Paris (default: by INSEE code; to be said outside France)' },
    locale: { text: 'fr or en' }
  },
  run
}
