// Run by npm run dev: the server from its sources, started again at each change, and the web app rebuilt at each change.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfNeeded, root } from './build.mjs'

buildIfNeeded()
const run = (command, ...args) =>
  spawn(join(root, 'node_modules', '.bin', command), args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
const children = [run('tsx', 'watch', '--clear-screen=false', 'server/main.ts')]
if (existsSync(join(root, 'web', 'vite.config.ts'))) {
  children.push(run('vite', 'build', 'web', '--watch', '--outDir', join(root, 'dist', 'web')))
  children.push(run('vite', 'build', 'web', '--watch', '--ssr', 'entry-server.ts', '--outDir', join(root, 'dist', 'ssr')))
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => children.forEach((child) => child.kill(signal)))
children[0].on('exit', (code) => {
  children.forEach((child) => child.kill())
  process.exitCode = code ?? 0
})
