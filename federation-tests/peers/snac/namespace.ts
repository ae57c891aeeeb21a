// Turns the network namespace this process was started in (`unshare --mount --net`) into a small internet: addresses on lo, names in
// a private /etc/hosts, the test authority among the trusted ones. Outside such a namespace it must not be called: it mounts.
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BUNDLE = '/etc/ssl/certs/ca-certificates.crt'

/** Gives each host an address and a name, and makes programs here trust the authority in `caFile`. */
export function furnishNamespace(hosts: string[], directory: string, caFile: string): void {
  if (readlinkSync('/proc/self/ns/net') === process.env.OUTER_NETWORK) throw new Error('not in a network namespace of its own')
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  const lines = ['127.0.0.1 localhost', '::1 localhost']
  hosts.forEach((host, index) => {
    const address = `11.22.33.${index + 10}`
    execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo'])
    lines.push(`${address} ${host}`)
  })
  bind(directory, 'hosts', `${lines.join('\n')}\n`, '/etc/hosts')
  bind(directory, 'bundle.pem', readFileSync(BUNDLE, 'utf8') + readFileSync(caFile, 'utf8'), BUNDLE)
}

function bind(directory: string, name: string, text: string, target: string): void {
  const file = join(directory, name)
  writeFileSync(file, text)
  execFileSync('mount', ['--bind', file, target])
}
