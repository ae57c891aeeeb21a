// Writes .gz and .br beside each built script and style: the server then sends them without compressing at each request.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Below this a compressed file costs more in headers than it saves. */
const MIN_BYTES = 1024

/** For the browser's build only. */
export function compressAssets(): Plugin {
  return {
    name: 'compress-assets',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => /\.(js|css|svg)$/.test(file))) {
        const path = join(dir ?? '', name)
        const body = readFileSync(path)
        if (body.length < MIN_BYTES) continue
        writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
        writeFileSync(`${path}.br`, brotliCompressSync(body))
      }
    }
  }
}
