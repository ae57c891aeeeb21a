// `migrate`: brings the database to this program's schema. `npm start` does it too; this is for those who do it apart.
import { migrate } from '../db/migrate.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withDatabase } from './run.ts'

async function run({ config }: Input): Promise<Outcome> {
  return withDatabase(config, async ({ db }) => {
    const applied = await migrate(db)
    return { json: { applied }, text: applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.` }
  })
}

export const migrateCommand: Command = {
  name: 'migrate',
  summary: "Bring the database to this program's schema",
  words: [],
  options: {},
  run
}
