// Writes and reads ustar archives, as far as backups need them: regular files whose content fits in memory. `tar tf` lists them.

/** Tar's unit: headers are one block, contents are padded to blocks. */
const BLOCK = 512

/** Bytes of a ustar name without its prefix field. */
const MAX_NAME = 100

/** The bytes of one file: header, content, padding. Names have at most 100 bytes. */
export function tarEntry(name: string, content: Buffer, modified: Date): Buffer {
  const header = Buffer.alloc(BLOCK)
  if (Buffer.byteLength(name) > MAX_NAME) throw new Error(`name too long for the archive: ${name}`)
  header.write(name, 0)
  header.write('0000600\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write(
    `${Math.floor(modified.getTime() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136
  )
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\u000000', 257)
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, content, Buffer.alloc(padding(content.length))])
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK)
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

/** Sum of the header's bytes, its own field counted as spaces. */
function checksum(header: Buffer): number {
  let sum = 0
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte
  return sum
}

export interface TarFile {
  name: string
  content: Buffer
}

/** The files of an archive, one after the other. Throws on anything that is not a whole archive of ours. */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarFile> {
  const source = reader(chunks)
  for (;;) {
    const header = await source(BLOCK)
    if (header.every((byte) => byte === 0)) return
    const field = (start: number, length: number): string =>
      header
        .toString('utf8', start, start + length)
        .replace(/\0.*$/s, '')
        .trim()
    if (parseInt(field(148, 8), 8) !== checksum(header)) throw new Error('a file header is damaged')
    const size = parseInt(field(124, 12), 8)
    const content = await source(size)
    await source(padding(size))
    yield { name: field(0, MAX_NAME), content }
  }
}

/** Gives exactly as many bytes as asked, across chunks. Throws when the archive ends before. */
function reader(chunks: AsyncIterable<Buffer>): (size: number) => Promise<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]()
  let pending: Buffer[] = []
  let length = 0
  return async (size) => {
    while (length < size) {
      const next = await iterator.next()
      if (next.done) throw new Error('the file ends too early')
      pending.push(next.value)
      length += next.value.length
    }
    const all = pending.length === 1 ? pending[0]! : Buffer.concat(pending)
    pending = [all.subarray(size)]
    length -= size
    return all.subarray(0, size)
  }
}
