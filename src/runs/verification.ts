import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SeriesUsed } from '../core/run.ts'
import type { Difference } from './diff-runs.ts'
import { INPUTS } from './run-identity.ts'

export interface Verification {
  readonly run: string
  readonly dir: string
  readonly same: boolean
  /** What differs, in words a person can act on; empty where nothing does. */
  readonly problems: readonly string[]
  readonly differences: readonly Difference[]
}

/** What is known of a run's inputs by its document. */
interface Inputs {
  readonly engine: { readonly version: string }
  readonly data: readonly Pick<SeriesUsed, 'series' | 'sha256'>[]
  readonly reproduce: { readonly code: string; readonly inputs: Readonly<Record<string, string>> }
}

/** Inputs that are not what they were. @param what the code of the run is called */
export function causes(recorded: Inputs, fresh: Inputs, what = 'the strategy'): string[] {
  const problems: string[] = []
  if (recorded.engine.version !== fresh.engine.version)
    problems.push(
      `klinelab was ${recorded.engine.version}, is ${fresh.engine.version}: its results and its report may differ for that`,
    )
  for (const [k, data] of recorded.data.entries())
    if (data.sha256 !== fresh.data[k]?.sha256)
      problems.push(`the stored bars of ${data.series} are not those of the run`)
  if (recorded.reproduce.code !== fresh.reproduce.code)
    problems.push(`${what}, a file it imports, or the lockfile was changed`)
  const [before, now] = [recorded.reproduce.inputs, fresh.reproduce.inputs]
  for (const [name, words] of Object.entries(INPUTS))
    if (before[name] !== now[name]) problems.push(`${words}: not those of the run`)
  return problems
}

/** What came of running it again. */
interface Again {
  readonly run: string
  readonly dir: string
  /** Inputs that are not what they were. */
  readonly changed: readonly string[]
  /** Where in run.json it differs. */
  readonly differing: readonly Difference[]
  /** Files of the folder that are not what the run gives now. */
  readonly files: readonly string[]
  /** Who may ask for what is no input. */
  readonly who: string
}

/** Says what is not the same, and why. */
export function verdictOf({ run, dir, changed, differing, files, who }: Again): Verification {
  const problems = [...changed]
  const isNow = problems.length === 0
  if (isNow && differing.length > 0)
    problems.push(
      `the same data, code, parameters and config gave another result: run.json was changed by hand, or ${who} asks the clock, Math.random or a file of its own; if neither is so, report this as a bug`,
    )
  for (const name of files)
    if (!existsSync(join(dir, name))) problems.push(`${name} is missing from the folder`)
    else if (isNow && !(name === 'run.json' && differing.length > 0))
      problems.push(
        `${name} in the folder is not what the run writes: it was changed by hand${name === 'report.html' ? ', or made by another build of this version' : ''}`,
      )
  const same = problems.length === 0 && files.length === 0
  return { run, dir, same, problems, differences: differing }
}
