import type { RunResult } from '../core/run.ts'
import { DataError } from '../data/data-error.ts'
import { writeAtomic } from '../data/manifest.ts'
import { type Part, renderTradePage } from '../report/trade-page.ts'
import { reportAssets } from './report-assets.ts'

/** Writes one trade's page, wherever that is to be. */
export function writeTradePage(result: RunResult, parts: readonly Part[], command: string, file: string): string {
  try {
    writeAtomic(file, renderTradePage(result, parts, command, reportAssets()))
  } catch (error) {
    throw new DataError(
      `${file}: the chart cannot be written (${(error as { code?: string }).code ?? (error as Error).message}); choose another place with --chart FILE`,
    )
  }
  return file
}
