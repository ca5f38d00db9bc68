import { existsSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../../shared/datasets')

/** Real market data lie beside the project and not in it: a plain checkout skips the tests of them. */
export const isRecorded = existsSync(FOLDER)
if (!isRecorded) console.warn('recorded market data are not beside this checkout: their tests are skipped')

export function recorded(path: string): string {
  return join(FOLDER, path)
}
