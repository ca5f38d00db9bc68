import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const GOLDEN = join(import.meta.dirname, '../../../shared/datasets/golden')

/** Golden vectors lie beside the project and not in it: a plain checkout skips what needs them. */
export const hasGolden = existsSync(GOLDEN)
if (!hasGolden) console.warn('golden vectors are not beside this checkout: the tests against them are skipped')

export function goldenText(path: string): string {
  return readFileSync(join(GOLDEN, path), 'utf8')
}

export function goldenJson<T>(path: string): T {
  return JSON.parse(goldenText(path)) as T
}
