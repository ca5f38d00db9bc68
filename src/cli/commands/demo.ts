import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerVerdict } from '../../core/ledger.ts'
import type { RunDocument } from '../../core/run.ts'
import { timeName } from '../../core/time.ts'
import { demo } from '../../runs/demo.ts'
import { writeRun } from '../../runs/run-folder.ts'
import type { Command } from '../command.ts'
import { COSTS, LEDGER, PLACES, settingsOf } from '../flags.ts'
import { demoTriedText } from '../ledger-text.ts'
import { runJson, runText, shown } from '../run-text.ts'
import { count, percent, ratio, tableText } from '../text.ts'
import { TrainingProgress } from '../training-progress.ts'

export default {
  words: '',
  flags: { ...COSTS, ...PLACES, ...LEDGER },
  example: 'klinelab demo',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const documents: unknown[] = []
    const texts: string[] = []
    const compared: RunDocument[] = []
    const start = performance.now()
    const training = new TrainingProgress(io)
    const notices: string[] = []
    const counting = { ledger: settings.ledger, verb: 'demo', onWarning: io.warn } as const
    let tried: LedgerVerdict | null = null
    const host = {
      onTraining: training.onTraining,
      onJudging: io.progress('judging'),
      onNotice: (text: string) => notices.push(text),
      onWarning: io.warn,
    }
    try {
      for await (const { part, run } of demo(settings, io.progress('bars'), host)) {
        const { dir, verdict } = await writeRun(run, settings.out, (performance.now() - start) / 1000, counting)
        if (verdict !== null) tried = verdict
        const { document } = run.result
        documents.push(runJson(document, dir, run.seconds, verdict))
        const text = part === 'beside' ? '' : `${runText(document, io.isColourful)}\n\n`
        texts.push(`${[...notices.splice(0), text].join('\n')}  ${shown(`${dir}/report.html`, io.cwd)}`)
        if (part !== 'rule') compared.push(document)
      }
    } finally {
      training.end()
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(2)
    const next = nextText(existsSync(join(io.cwd, 'strategies', 'sma-cross.ts')))
    return {
      json: { runs: documents },
      text: `${texts.join('\n\n')}\n\n${sideBySide(compared)}\n\n${demoTriedText(tried, shown(settings.ledger, io.cwd))}${seconds} s. All are examples; none is claimed to make money.\n${next}`,
    }
  },
} satisfies Command

/** What to do then: the examples are at hand in a project or a checkout alone. */
function nextText(isProject: boolean): string {
  if (!isProject)
    return 'Open a report in a browser. Next: a project with a strategy to change, and there what its README says:\n  klinelab init my-strategies'
  return 'Open a report in a browser. Next: read strategies/sma-cross.ts, change it, and run it with\n  klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h\n(in a checkout: npm start -- backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h)'
}

/** A model's strategy and a rule on the same bars, and what holding them came to. */
function sideBySide(documents: readonly RunDocument[]): string {
  const [first] = documents
  if (first === undefined) return ''
  const row = (name: string, metrics: RunDocument['metrics'], trades: string) => [
    name,
    ...[percent(metrics['totalReturn']), percent(metrics['maxDrawdown']), ratio(metrics['sharpe']), trades],
  ]
  const table = tableText(
    ['side by side', 'return', 'drawdown', 'sharpe', 'trades'],
    [
      ...documents.map(({ strategy, metrics, models }) =>
        row(`${strategy}, ${models.used.length > 0 ? 'a model' : 'a rule'}`, metrics, count(metrics['trades'] ?? 0)),
      ),
      row('buy and hold', first.peer, '0'),
    ],
  )
  const range = `${timeName(first.range.from)} to ${timeName(first.range.to)} UTC, bars that the model has not learnt from`
  return `${table}\n${range}`
}
