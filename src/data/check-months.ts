import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Series, seriesName } from '../core/series.ts'
import { DataError } from './data-error.ts'
import type { MonthFile } from './manifest.ts'

/** Bytes of a file that are hashed at once. */
const PIECE = 2 ** 20

/**
 * Bars that are not those that were written would be taken for the market's: a bit of a price that has turned over on the disk, for one.
 * One file after the other, through one piece of memory.
 * @throws DataError that names the first that is damaged
 */
export async function checkMonths(path: string, months: readonly MonthFile[], series: Series): Promise<void> {
  const memory = Buffer.allocUnsafe(PIECE)
  for (const { file, sha256 } of months) {
    const whole = join(path, file)
    const hash = await hashOf(whole, memory).catch(() => null)
    // what is missing DuckDB tells of
    if (hash === null) return
    if (hash !== sha256)
      throw new DataError(
        `${whole}: is not what was written, its sha256 differs from the manifest: no bar of it can be trusted. See what is wrong with: klinelab data check ${seriesName(series)}; then restore it, or delete the series' folder and import it again`,
      )
  }
}

async function hashOf(file: string, memory: Buffer): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(file)
  try {
    for (;;) {
      const { bytesRead } = await handle.read(memory, 0, memory.length, null)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(memory.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
