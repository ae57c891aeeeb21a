// Test files that share a process: most of what a file costs is loading the server. Each file stands alone too (`npx tap FILE`).
import { readdirSync } from 'node:fs'
import t from 'tap'

const ROOT = new URL('../../', import.meta.url)

/** Files with a process of their own: they start and kill others. */
export const ALONE = ['server/cli.test.ts', 'server/main.test.ts', 'server/db/embedded.test.ts']

/** One process each, named as the file in `groups/`; the longest first. */
export const GROUPS = {
  '1-communer': ['server/http/communer/'],
  '2-protocol': ['server/protocol/'],
  '3-mastodon': ['server/http/mastodon/', 'server/http/oauth/', 'server/http/plugins/', 'server/http/streaming/'],
  '4-http': ['server/http/'],
  '5-effects': ['server/protocol/effects/', 'server/jobs/'],
  '6-db': ['server/', 'server/db/', 'server/test/'],
  '7-features': [
    'server/features/accounts/',
    'server/features/follows/',
    'server/features/media/',
    'server/features/moderation/',
    'server/features/wall/'
  ],
  '8-core': ['server/core/', 'server/core/tally/', 'server/vocab/', 'server/locales/', 'web/test/']
}

/** The test files of a folder, without those below it. */
const testFiles = (folder: string): string[] =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => folder + name)
    .filter((file) => !ALONE.includes(file))

/** Runs the test files of a group one after the other. */
export async function together(group: keyof typeof GROUPS): Promise<void> {
  const atEnd: (() => unknown)[] = []
  // What a file wants done after its tests is done before the next file: tap would wait for the end of the process.
  Object.assign(t, { teardown: (work: () => unknown) => atEnd.push(work) })
  for (const file of GROUPS[group].flatMap(testFiles)) {
    await import(new URL(file, ROOT).href)
    await t.test(file, async () => {
      for (const work of atEnd.splice(0).toReversed()) await work()
    })
  }
}
