import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** A text file, gzipped or not, told apart by its first byte. */
export function readMaybeGzip(file: string): string {
  const raw = readFileSync(file)
  return raw[0] === 0x1f ? gunzipSync(raw).toString('utf8') : raw.toString('utf8')
}
