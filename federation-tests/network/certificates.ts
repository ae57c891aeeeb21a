// Makes the test network's certificate authority and, name by name, its certificates with the openssl command.
// Nothing of it lives longer than the test run, and nothing outside the test processes trusts it.
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { promisify } from 'node:util'

export interface Authority {
  caFile: string
  caPem: string
  certificateFor(host: string): Promise<SecureContext>
}

/** True when an openssl able to sign for another name (3.0 or newer) is present. */
export function hasOpenssl(): boolean {
  const version = spawnSync('openssl', ['version'], { encoding: 'utf8' })
  return version.status === 0 && /^OpenSSL (3|4)\./.test(version.stdout)
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3']

/** Creates an authority whose files live in `directory`. Throws when openssl is missing. */
export function createAuthority(directory: string): Authority {
  const caFile = join(directory, 'ca.pem')
  const caKey = join(directory, 'ca.key')
  execFileSync('openssl', ['req', '-x509', ...CURVE, '-subj', '/CN=Communer test network', '-keyout', caKey, '-out', caFile], {
    stdio: 'pipe'
  })
  const made = new Map<string, Promise<SecureContext>>()
  const issue = async (host: string): Promise<SecureContext> => {
    const file = join(directory, host.replace(/[^a-z0-9.-]/gi, '_'))
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      ...CURVE,
      '-CA',
      caFile,
      '-CAkey',
      caKey,
      '-subj',
      `/CN=${host.slice(0, 60)}`,
      '-addext',
      `subjectAltName=DNS:${host}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.pem`
    ])
    return createSecureContext({ key: readFileSync(`${file}.key`), cert: readFileSync(`${file}.pem`) })
  }
  return {
    caFile,
    caPem: readFileSync(caFile, 'utf8'),
    certificateFor(host) {
      const known = made.get(host) ?? issue(host)
      made.set(host, known)
      return known
    }
  }
}
