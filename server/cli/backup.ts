// `backup FILE` and `restore FILE`: an instance in one file, on any PostgreSQL.
import { resolve } from 'node:path'
import { writeBackup } from '../db/backup.ts'
import { restoreBackup } from '../db/restore.ts'
import type { Manifest } from '../db/backup.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withDatabase } from './run.ts'

function sizes(manifest: Manifest): { rows: number; media: number } {
  return {
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    media: Object.keys(manifest.files).filter((name) => name.startsWith('media/')).length
  }
}

async function backup({ config, args }: Input): Promise<Outcome> {
  const file = resolve(args[0]!)
  const manifest = await withDatabase(config, (database) => writeBackup(config, database, file))
  const { rows, media } = sizes(manifest)
  return {
    json: { file, made_at: manifest.made_at, rows, media },
    text: `${file}: ${rows} rows, ${media} media files. It holds the private keys: keep it as you keep them.`
  }
}

async function restore({ config, args }: Input): Promise<Outcome> {
  const file = resolve(args[0]!)
  const manifest = await withDatabase(config, (database) => restoreBackup(config, database, file))
  const { rows, media } = sizes(manifest)
  return {
    json: { file, made_at: manifest.made_at, rows, media },
    text: `Restored ${rows} rows and ${media} media files from ${manifest.made_at}. Everybody has to log in again.`
  }
}

export const backupCommand: Command = {
  name: 'backup',
  summary: 'Write the whole instance into one file, while it runs',
  words: ['FILE'],
  options: {},
  run: backup
}
export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Read a backup into a new, empty instance',
  words: ['FILE'],
  options: {},
  run: restore
}
