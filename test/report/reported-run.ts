import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunDocument } from '../../src/core/run.ts'
import { klinelab } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

/** A run as a user makes it, by the command line. */
export interface ReportedRun {
  readonly dir: string
  /** Path of report.html. */
  readonly page: string
  /** The page without the data and libraries behind it. */
  readonly html: string
  readonly document: RunDocument
}

type Argument = string | { readonly env: Record<string, string> }

/** Runs `backtest` with these arguments into the folder `out`; in a process of its own where that is to have an environment. */
export async function makeRun(out: string, ...given: readonly Argument[]): Promise<ReportedRun> {
  const args = given.filter((one) => typeof one === 'string')
  const options = given.find((one) => typeof one !== 'string')
  const words = ['backtest', ...args, '--out', out, '--json']
  const done = options === undefined ? await klinelabHere(words) : klinelab(words, options)
  if (done.code !== 0) throw new Error(done.stderr)
  const { dir } = done.json<{ dir: string }>()
  const page = join(dir, 'report.html')
  const html = readFileSync(page, 'utf8')
  return {
    dir,
    page,
    html: html.slice(0, html.indexOf('<script type="application/json"')),
    document: JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')),
  }
}
