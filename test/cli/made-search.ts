import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../src/core/random.ts'
import { command } from '../data/command.ts'
import { hourlyCsv, ROOT, scratch } from './klinelab.ts'

export const SERIES = 'kucoin:TEST-USDT:1h'
/** Few enough that the splits of the days into halves, which every search is judged by, are hundreds and not thousands. */
const DAYS = 25

/** An objective of one's own: trades are what it likes. */
const OBJECTIVE = 'export default ({ trades, params }) => trades.length - params.fast / 1000\n'

/** Hours of a price that wanders; `lift` is added to the close of one of the last. */
function wandering(lift: number): string {
  const random = seededRandom(5)
  let price = 1000
  const rows = Array.from({ length: DAYS * 24 }, (_, k) => {
    const open = price
    price = Math.round(price * (1 + 0.02 * (random() - 0.5)) * 100) / 100 + (k === DAYS * 24 - 30 ? lift : 0)
    return [open, Math.max(open, price) + 1, Math.min(open, price) - 1, price] as const
  })
  return hourlyCsv(rows)
}

/** A project of its own with a strategy, an objective and a store of one series, and commands given in it. */
export async function searchProject() {
  const strategy = readFileSync(join(ROOT, 'strategies', 'sma-cross.ts'), 'utf8')
  const cwd = scratch({
    'package.json': '{ "type": "module" }',
    'strategies/cross.ts': strategy,
    'busy.ts': OBJECTIVE,
    'bars.csv': wandering(0),
    'other.csv': wandering(3),
  })
  const out = join(cwd, 'reports')
  const stores = { own: join(cwd, 'store'), other: join(cwd, 'other-store') }
  const run = (args: readonly string[], store: string = stores.own) =>
    command(args, store, { cwd, env: { KLINELAB_REPORTS: out } })
  for (const [file, store] of [
    ['bars.csv', stores.own],
    ['other.csv', stores.other],
  ] as const)
    await run(['data', 'import', join(cwd, file), '--as', SERIES], store)
  return { cwd, out, stores, run, strategy: join(cwd, 'strategies', 'cross.ts'), objective: join(cwd, 'busy.ts') }
}

/** The words after `klinelab sweep STRATEGY`. */
export const ASKED = ['--data', SERIES, '--set', 'fast=4..12:4', '--set', 'slow=20,40', '--workers', '1'] as const

/** Values of a column of trials.csv, by the order of its lines. */
export function columnOf(dir: string, name: string): string[] {
  const [header, ...lines] = readFileSync(join(dir, 'trials.csv'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))
  return lines.map((cells) => cells[header!.indexOf(name)]!)
}
