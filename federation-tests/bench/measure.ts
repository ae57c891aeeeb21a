// What a benchmark measures: work per second, processor time from /proc (not from the wall), memory; medians and a table.
import { readdirSync, readFileSync } from 'node:fs'

/** Kernel ticks a second: 100 on every Linux that Node supports. */
const TICK_US = 10_000

/** Processor time of a process in microseconds, its ended children included. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]) * TICK_US, 0)
}

/** Processor time of a PostgreSQL: postmaster (with the children it reaped) and its living children. */
export function cpuOfPostgres(pid: number): number {
  let sum = cpuOf(pid)
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      if (Number(fields[1]) === pid) sum += (Number(fields[11]) + Number(fields[12])) * TICK_US
    } catch {
      // ended between the listing and the reading
    }
  }
  return sum
}

export function rssMb(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export interface Round {
  perSecond: number
  serverUs: number
  postgresUs: number
  p50: number
  p99: number
}

export interface Load {
  units: number
  connections: number
  one(index: number): Promise<void>
}

/** Runs a closed loop and gives its round; `pids` are judged by the processor time they took. */
export async function measure(load: Load, pids: { server: number; postgres: number | null }): Promise<Round> {
  const before = [cpuOf(pids.server), pids.postgres === null ? 0 : cpuOfPostgres(pids.postgres)]
  const times: number[] = []
  const start = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: load.connections }, async () => {
      while (next < load.units) {
        const index = next
        next += 1
        const begun = performance.now()
        await load.one(index)
        times.push(performance.now() - begun)
      }
    })
  )
  const seconds = (performance.now() - start) / 1000
  times.sort((a, b) => a - b)
  return {
    perSecond: load.units / seconds,
    serverUs: (cpuOf(pids.server) - before[0]!) / load.units,
    postgresUs: pids.postgres === null ? 0 : (cpuOfPostgres(pids.postgres) - before[1]!) / load.units,
    p50: times[Math.floor(times.length * 0.5)] ?? 0,
    p99: times[Math.floor(times.length * 0.99)] ?? 0
  }
}

export interface Line {
  name: string
  rounds: Round[]
  note?: string
}

/** Prints medians and, for each line, the ratio of its rate to the line called `anchor`. */
export function printTable(title: string, lines: Line[], anchor: string): void {
  const rate = (line: Line): number => median(line.rounds.map((one) => one.perSecond))
  const base = rate(lines.find((one) => one.name === anchor)!)
  console.log(`\n${title}`)
  console.log(
    ['', 'per second', 'server µs', 'postgres µs', 'p50 ms', 'p99 ms', `of ${anchor}`]
      .map((one, index) => one.padEnd(index === 0 ? 44 : 12))
      .join('')
  )
  for (const line of lines) {
    const cells = [
      rate(line).toFixed(0),
      median(line.rounds.map((one) => one.serverUs)).toFixed(0),
      median(line.rounds.map((one) => one.postgresUs)).toFixed(0),
      median(line.rounds.map((one) => one.p50)).toFixed(1),
      median(line.rounds.map((one) => one.p99)).toFixed(1),
      `${(rate(line) / base).toFixed(2)} ×`
    ]
    console.log(line.name.padEnd(44) + cells.map((one) => one.padEnd(12)).join('') + (line.note ?? ''))
  }
}
