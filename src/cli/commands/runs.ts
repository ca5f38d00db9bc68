import type { EvaluationDocument } from '../../core/evaluation.ts'
import { timeName } from '../../core/time.ts'
import { isModel, listRuns } from '../../runs/load-run.ts'
import type { Command } from '../command.ts'
import { OUT, settingsOf } from '../flags.ts'
import { searchRows, searchTables } from '../search-list.ts'
import { amount, count, percent, ratio, seriesText, tableText } from '../text.ts'

export default {
  words: '',
  flags: OUT,
  example: 'klinelab runs',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const all = listRuns(out, io.warn)
    const models = all.flatMap(({ dir, document }) => (isModel(document) ? [modelRow(dir, document)] : []))
    const backtests = all.flatMap(({ dir, document }) => ('kind' in document ? [] : [{ dir, document }]))
    const { sweeps, walkForwards } = searchRows(all)
    const runs = backtests.map(({ dir, document }) => ({
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
      seriesText(data),
      timeName(from),
      timeName(to),
      percent(metrics['totalReturn']),
      percent(metrics['maxDrawdown']),
      ratio(metrics['sharpe']),
      count(metrics['trades'] ?? 0),
    ])
    const tables = [
      ...(rows.length > 0
        ? [tableText(['run', 'data', 'from', 'to', 'return', 'drawdown', 'sharpe', 'trades'], rows)]
        : []),
      ...(models.length > 0 ? [modelTable(models)] : []),
      ...searchTables({ sweeps, walkForwards }),
    ]
    const text = tables.length === 0 ? `no runs in ${out} yet; make one: klinelab demo` : tables.join('\n\n')
    return { json: { out, runs, models, sweeps, walkForwards }, text }
  },
} satisfies Command

type ModelRow = ReturnType<typeof modelRow>

function modelRow(dir: string, { run, model, data, series, stopped, threshold }: EvaluationDocument) {
  const pooled = series.map((one) => ({ series: one.series, folds: one.folds.length, metrics: one.pooled.metrics }))
  const from = Math.min(...data.map((one) => one.from))
  const to = Math.max(...data.map((one) => one.to))
  return { run, dir, model, data: data.map((one) => one.series), from, to, threshold, stopped, series: pooled }
}

function modelTable(models: readonly ModelRow[]): string {
  const rows = models.flatMap(({ run, series, from, to, threshold, stopped }) =>
    series.map((one) => [
      ...[
        run,
        one.series,
        timeName(from),
        timeName(to),
        `${count(one.folds)}${stopped === null ? '' : ', stopped'}`,
        String(threshold),
      ],
      ...[amount(one.metrics['auc'], 3), amount(one.metrics['logLoss'], 4), count(one.metrics['rows'] ?? 0)],
    ]),
  )
  return tableText(['model', 'data', 'from', 'to', 'folds', 'threshold', 'auc', 'log loss', 'foretold'], rows)
}
