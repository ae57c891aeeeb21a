// Values for PostgreSQL in its own binary form: pg sends a Buffer as it is.

const TEXT_OID = 25
const HEADER_BYTES = 20

/** A text[] parameter out of UTF-8 bytes without NUL. The text form would decode, quote and encode again every body that passes. */
export function textArray(values: Buffer[]): Buffer {
  const size = values.reduce((sum, value) => sum + 4 + value.length, HEADER_BYTES)
  const array = Buffer.allocUnsafe(size)
  // One dimension, no nulls, elements of type text, so many of them, counted from 1.
  let at = 0
  for (const field of [1, 0, TEXT_OID, values.length, 1]) at = array.writeInt32BE(field, at)
  for (const value of values) {
    at = array.writeInt32BE(value.length, at)
    at += value.copy(array, at)
  }
  return array
}
