import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RunDocument } from '../../core/run.ts'
import { listRuns } from '../load-run.ts'
import type { SessionFile } from './session-file.ts'

/** The newest backtest of a session's strategy, code, parameters and series among the runs; `null` where there is none. */
export function newestRunOf(file: SessionFile, out: string): string | null {
  let newest: { readonly dir: string; readonly at: number } | null = null
  for (const { dir, document } of listRuns(out, () => undefined)) {
    if ('kind' in document || !isOf(file, document)) continue
    const at = statSync(join(dir, 'run.json')).mtimeMs
    if (newest === null || at > newest.at) newest = { dir, at }
  }
  return newest?.dir ?? null
}

function isOf({ strategy, params, slots }: SessionFile, { data, ...document }: RunDocument): boolean {
  const sorted = (values: object) => JSON.stringify(Object.entries(values).sort())
  const series = (of: readonly { readonly series: string }[]) => of.map((one) => one.series).sort()
  return (
    document.strategy === strategy.name &&
    document.reproduce.code === strategy.code &&
    sorted(document.params) === sorted(params) &&
    series(data).join() === series(slots).join()
  )
}
