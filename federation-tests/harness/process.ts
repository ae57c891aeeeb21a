// Starts child processes of a test, keeps what they print, and ends exactly those, by their own id.
import { spawn, type ChildProcess } from 'node:child_process'

export interface Child {
  pid: number
  process: ChildProcess
  output(): string
  exited: Promise<number | null>
  /** Sends the signal and waits for the end; SIGKILL follows after 15 s. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Spawns `command` and resolves once its output contains `readyText`; rejects with the output when it ends or takes too long. */
export async function startProcess(
  command: string,
  args: string[],
  options: { env: NodeJS.ProcessEnv; cwd: string; readyText: string; timeoutMs?: number }
): Promise<Child> {
  const child = spawn(command, args, { env: options.env, cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let onReady: (() => void) | null = null
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-2_000_000)
    if (output.includes(options.readyText)) onReady?.()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const handle: Child = {
    pid: child.pid ?? -1,
    process: child,
    output: () => output,
    exited,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      const hard = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await exited
      clearTimeout(hard)
    }
  }
  const name = `${command} ${args.join(' ')}`
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} was not ready in time:\n${output.slice(-4000)}`)), options.timeoutMs ?? 60_000)
    onReady = () => {
      clearTimeout(timer)
      resolve()
    }
    void exited.then((code) => {
      clearTimeout(timer)
      reject(new Error(`${name} ended with ${code}:\n${output.slice(-4000)}`))
    })
  }).catch(async (error: unknown) => {
    await handle.stop('SIGKILL')
    throw error
  })
  return handle
}
