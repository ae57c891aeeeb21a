// Starts the Fedify peer as its own process on a test network and speaks to its control port.
import { fileURLToPath } from 'node:url'
import { startProcess } from '../../harness/process.ts'
import type { Network } from '../../network/network.ts'
import { freePort } from '../../network/ports.ts'

export interface Understood {
  type: string
  json: Record<string, unknown>
  object: { type: string; id: string; name?: string; summary?: string; content?: string; startTime?: string; endTime?: string } | null
}

export interface FedifyPeer {
  actorIri: string
  handle: string
  perform<T = string>(command: Record<string, unknown> & { do: string }): Promise<T>
  received(): Promise<Understood[]>
  posts(): Promise<{ path: string; status: number; headers: Record<string, string>; body: string }[]>
  stop(): Promise<void>
  output(): string
}

/** Boots the peer as `https://<host>` with one actor whose name is new in each run. */
export async function startFedify(network: Network, host = 'fedify.test'): Promise<FedifyPeer> {
  const username = `carole${Date.now().toString(36)}`
  const [port, control] = [await freePort(), await freePort()]
  const child = await startProcess(process.execPath, ['--import=tsx', fileURLToPath(new URL('./peer.ts', import.meta.url))], {
    cwd: process.cwd(),
    readyText: 'peer ready',
    env: { ...process.env, ...network.env(), PEER_HOST: host, PEER_USER: username, PEER_PORT: String(port), CONTROL_PORT: String(control) }
  })
  network.front.route(host, port)
  const perform = async <T>(command: Record<string, unknown>): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${control}/`, { method: 'POST', body: JSON.stringify(command) })
    const { result, error } = (await answer.json()) as { result: T; error?: string }
    if (error !== undefined) throw new Error(`fedify ${command.do}: ${error}`)
    return result
  }
  return {
    actorIri: `https://${host}/users/${username}`,
    handle: `${username}@${host}`,
    perform,
    received: () => perform({ do: 'received' }),
    posts: () => perform({ do: 'posts' }),
    stop: () => child.stop(),
    output: () => child.output()
  }
}
