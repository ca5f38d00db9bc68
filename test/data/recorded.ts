import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Gap } from '../../src/core/bar.ts'
import { type Interval, intervalMs } from '../../src/core/interval.ts'

const FOLDER = join(import.meta.dirname, '../../../shared/datasets')

/** Real market data lie beside the project and not in it: a plain checkout skips the tests of them. */
export const isRecorded = existsSync(FOLDER)
if (!isRecorded) console.warn('recorded market data are not beside this checkout: their tests are skipped')

export function recorded(path: string): string {
  return join(FOLDER, path)
}

/** Gaps of a series, named like "BTCUSDT-1h", that others found and wrote down; those within a range of time. */
export function knownGaps(name: string, from: number, to: number): Gap[] {
  type Known = { readonly after_ms: number; readonly before_ms: number; readonly missing: number }
  const all = JSON.parse(readFileSync(recorded('defects/known-gaps.json'), 'utf8')) as Record<string, Known[]>
  const key = Object.keys(all).find((one) => one.startsWith(`${name} `))!
  const step = intervalMs(name.split('-')[1] as Interval)
  return all[key]!.filter((gap) => gap.after_ms >= from && gap.before_ms < to).map((gap) => ({
    start: gap.after_ms + step,
    end: gap.before_ms,
    bars: gap.missing,
  }))
}
