// A real snac2 server inside the namespace: set up with its own commands, driven through its own Mastodon API and command line, judged
// by its log and files. Nothing here knows Communer.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { waitUntil } from '../../harness/wait.ts'
import type { Network } from '../../network/network.ts'

export interface Snac {
  actorIri: string
  handle: string
  /** snac COMMAND DIR alice …: its command line. */
  command(name: string, ...args: string[]): Promise<string>
  /** Its Mastodon API as alice. */
  api(method: string, path: string, body?: Record<string, string>): Promise<any>
  /** Deletes a post of alice's through its web form (its API of 2.75 has no word for it). */
  deletePost(iri: string): Promise<void>
  log(): string
  /** Stored objects whose JSON contains `text`. */
  objects(text: string): Record<string, any>[]
  stop(): Promise<void>
}

/** Sets up `https://<host>` with the user alice and starts it behind the front. */
export async function startSnac(network: Network, host: string, port: number): Promise<Snac> {
  const directory = join(mkdtempSync(join(tmpdir(), 'communer-snac-')), 'data')
  execFileSync('snac', ['init', directory], { input: `127.0.0.1\n${port}\n${host}\n\n\n\n` })
  const added = execFileSync('snac', ['adduser', directory, 'alice'], { input: 'Alice\n\n' }).toString()
  const password = /password is:?\s*(\S+)/i.exec(added)?.[1] ?? ''
  network.front.route(host, port)
  const child = spawn('snac', ['httpd', directory], { env: { PATH: process.env.PATH, DEBUG: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
  const origin = `https://${host}`
  await waitUntil('snac answers', async () => (await network.fetch(`${origin}/`)).status < 500)
  const form = new URLSearchParams({ login: 'alice', passwd: password })
  const page = await network.fetch(`${origin}/oauth/x-snac-get-token`, {
    method: 'POST',
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  const token = /[0-9a-f]{32}/.exec(await page.text())?.[0]
  if (token === undefined) throw new Error(`snac gave no token (${added})`)
  return {
    actorIri: `${origin}/alice`,
    handle: `alice@${host}`,
    // Never synchronously: the command asks hosts whose front is this very process.
    command: async (name, ...args) => (await promisify(execFile)('snac', [name, directory, 'alice', ...args])).stdout,
    async api(method, path, body) {
      const answer = await network.fetch(origin + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
        ...(body === undefined ? {} : { body: new URLSearchParams(body).toString() })
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`snac ${method} ${path}: ${answer.status} ${text}`)
      return text === '' ? null : JSON.parse(text)
    },
    async deletePost(iri) {
      const form = new URLSearchParams({ id: iri, actor: `${origin}/alice`, action: 'Delete', redir: '' })
      const answer = await network.fetch(`${origin}/alice/admin/action`, {
        method: 'POST',
        redirect: 'manual',
        body: form.toString(),
        headers: {
          authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded'
        }
      })
      if (answer.status >= 400) throw new Error(`snac: deleting answered ${answer.status}`)
    },
    log: () => log,
    objects: (text) =>
      readdirSync(join(directory, 'object'), { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile() && one.name.endsWith('.json'))
        .map((one) => readFileSync(join(one.parentPath, one.name), 'utf8'))
        .filter((json) => json.includes(text))
        .map((json) => JSON.parse(json)),
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(join(directory, '..'), { recursive: true, force: true })
    }
  }
}
