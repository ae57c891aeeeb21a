// Processor time of a piece of work: unlike the clock on the wall it does not grow when the machine is busy with something else.

/** Milliseconds of processor time `work` takes: the best of several runs, since collecting garbage is nobody's work in particular. */
export function cpuMsOf(work: () => unknown, runs = 7): number {
  let best = Infinity
  for (let run = 0; run < runs; run += 1) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}
