// Run by npm run communer: the command line, built when needed.
import { buildServer, isBuilt, buildAll, root } from './build.mjs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

if (!isBuilt()) await (existsSync(join(root, 'dist', 'server', 'cli.js')) ? buildServer() : buildAll())
process.setSourceMapsEnabled(true)
await import('../../dist/server/cli.js')
