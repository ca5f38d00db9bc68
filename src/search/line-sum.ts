import { crc32 } from 'node:zlib'

/** The checksum that a line of a file which only grows ends with: CRC-32 of all before it, 8 hex digits. */
export function lineSum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
