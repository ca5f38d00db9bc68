import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RunDocument } from '../../core/run.ts'
import { listRuns } from '../load-run.ts'
import type { SessionFile } from './session-file.ts'

/** The newest backtest of a session's strategy, code, parameters and series among the runs; `null` where there is none. */
export function newestRunOf(file: SessionFile, out: string): string | null {
  let newest: { readonly dir: string; readonly at: number } | null = null
  for (const { dir, document } of listRuns(out, () => undefined)) {
    if ('kind' in document || differences(file, document).length > 0) continue
    const at = statSync(join(dir, 'run.json')).mtimeMs
    if (newest === null || at > newest.at) newest = { dir, at }
  }
  return newest?.dir ?? null
}

/** In what a backtest is of something else than a session, in words. */
export function differences({ strategy, params, slots }: SessionFile, document: RunDocument): readonly string[] {
  const sorted = (values: object) => JSON.stringify(Object.entries(values).sort())
  const series = (of: readonly { readonly series: string }[]) =>
    of
      .map((one) => one.series)
      .sort()
      .join()
  const same = {
    'its strategy': document.strategy === strategy.name,
    'its code': document.reproduce.code === strategy.code,
    'its parameters': sorted(document.params) === sorted(params),
    'its series': series(document.data) === series(slots),
  }
  return Object.entries(same).flatMap(([words, isSame]) => (isSame ? [] : [words]))
}
