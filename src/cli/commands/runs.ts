import { timeName } from '../../core/time.ts'
import { listRuns } from '../../runs/load-run.ts'
import type { Command } from '../command.ts'
import { OUT, settingsOf } from '../flags.ts'
import { count, percent, ratio, tableText } from '../text.ts'

export default {
  words: '',
  flags: OUT,
  example: 'klinelab runs',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const runs = listRuns(out, io.warn).map(({ dir, document }) => ({
      run: document.run,
      dir,
      strategy: document.strategy,
      params: document.params,
      data: document.data.map((one) => one.series),
      from: document.range.from,
      to: document.range.to,
      metrics: document.metrics,
    }))
    const rows = runs.map(({ run, data, from, to, metrics }) => [
      run,
      data.length > 1 ? `${data[0]} +${data.length - 1}` : data[0]!,
      timeName(from),
      timeName(to),
      percent(metrics['totalReturn']),
      percent(metrics['maxDrawdown']),
      ratio(metrics['sharpe']),
      count(metrics['trades'] ?? 0),
    ])
    const text =
      rows.length === 0
        ? `no runs in ${out} yet; make one: klinelab demo`
        : tableText(['run', 'data', 'from', 'to', 'return', 'drawdown', 'sharpe', 'trades'], rows)
    return { json: { out, runs }, text }
  },
} satisfies Command
