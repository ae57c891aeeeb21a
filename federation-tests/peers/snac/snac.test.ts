// snac2 is a C program: it needs real addresses, so the whole story runs in a network namespace. Skipped, with the reason, where snac2
// is not installed or namespaces are not to be had.
import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { NETWORK_MISSING } from '../../network/network.ts'

function missing(): string | false {
  if (NETWORK_MISSING) return NETWORK_MISSING
  if (process.platform !== 'linux') return "network namespaces are Linux's"
  if (spawnSync('sh', ['-c', 'command -v snac && command -v ip']).status !== 0)
    return 'snac2 is not installed (peers/snac/install.sh installs it on Debian)'
  if (spawnSync('unshare', ['--mount', '--net', 'ip', 'link', 'set', 'lo', 'up']).status !== 0)
    return 'this user may not make network namespaces'
  return false
}

const skip = missing()
if (skip) t.test('snac2 and a commune', { skip }, async () => {})
else {
  const story = fileURLToPath(new URL('./story.ts', import.meta.url))
  t.spawn(
    'unshare',
    ['--mount', '--net', process.execPath, '--import=tsx', story],
    {
      env: { ...process.env, OUTER_NETWORK: readlinkSync('/proc/self/ns/net') },
      timeout: 200_000
    },
    'in a namespace'
  )
}
