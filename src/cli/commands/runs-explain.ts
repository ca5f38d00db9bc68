import { join, resolve } from 'node:path'
import { timeName } from '../../core/time.ts'
import { type Asked, explain } from '../../runs/explain.ts'
import { explanationParts } from '../../runs/explain-words.ts'
import { findRun } from '../../runs/load-run.ts'
import { UsageError } from '../../runs/usage-error.ts'
import { writeTradePage } from '../../runs/write-trade-page.ts'
import type { Command, Outcome } from '../command.ts'
import { PLACES, readingSettingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { partText } from '../text.ts'

export default {
  words: '<run>',
  flags: {
    trade: {
      help: 'number of a closed trade, as in the report (built in: none, say this or --order)',
      value: 'N',
      parse: tradeNumber,
    },
    order: { help: 'id of an order; id#2 is the second that had it (built in: none)', value: 'ID' },
    chart: { help: 'where to write the chart (built in: trade-N.html beside the report)', value: 'FILE' },
    ...PLACES,
  },
  example: 'klinelab runs explain sma-cross --trade 3',
  async run(args, io): Promise<Outcome> {
    const { trade, order, chart } = args.flags as { trade?: number; order?: string; chart?: string }
    if ((trade === undefined) === (order === undefined))
      throw new UsageError('klinelab runs explain: say one of --trade N and --order ID, e.g. --trade 1')
    const { store, out } = await readingSettingsOf(args, io)
    const dir = findRun(args.words[0]!, out, io.cwd, 'backtest')
    const asked: Asked = trade !== undefined ? { trade } : { order: order! }
    const { explanation, chart: drawn } = await explain(dir, asked, store, io.cwd, io.progress('bars'))
    const { run, mismatches, changed } = explanation
    const name = trade !== undefined ? `trade ${trade}` : `order ${order}`
    if (mismatches.length > 0) {
      const lines = mismatches.map(
        ({ what, recorded, replayed }) =>
          `  ${what}: ${cell(recorded)} in the folder, ${cell(replayed)} when run again`,
      )
      const why = changed.length > 0 ? changed : [`its inputs are what they were: see klinelab verify ${run}`]
      return {
        json: { ...explanation, chart: null },
        text: [`${run}, ${name}: NOT what the run gives now`, ...lines, ...why.map((text) => `  ${text}`)].join('\n'),
        ok: false,
      }
    }
    const parts = explanationParts(explanation)
    const flag = trade !== undefined ? `--trade ${trade}` : `--order ${order}`
    const file =
      drawn === null
        ? null
        : writeTradePage(
            drawn,
            parts,
            `klinelab runs explain ${run} ${flag}`,
            chart === undefined ? join(dir, `trade-${explanation.trade!.n}.html`) : resolve(io.cwd, chart),
          )
    const text = [
      `${run}, ${name}`,
      ...parts.map(partText),
      ...(file === null ? [] : [`Chart: ${shown(file, io.cwd)}`]),
    ]
    return { json: { ...explanation, chart: file }, text: text.join('\n\n') }
  },
} satisfies Command

function tradeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new RangeError(`"${text}" is not allowed; write a whole number from 1 on`)
  return Number(text)
}

function cell(value: unknown): string {
  return typeof value === 'number' && value > 1e11 ? timeName(value) : String(value ?? '–')
}
