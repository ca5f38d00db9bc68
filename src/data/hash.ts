import { createHash } from 'node:crypto'
import type { Bars } from '../core/bar.ts'

/**
 * sha256 over the canonical rows of a series: the six columns openTime, open, high, low, close, volume one after another
 * as little-endian doubles. It depends on the bars only, not on how files hold them.
 */
export function barsSha256(bars: Bars): string {
  const hash = createHash('sha256')
  for (const column of [bars.openTime, bars.open, bars.high, bars.low, bars.close, bars.volume])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  return hash.digest('hex')
}
