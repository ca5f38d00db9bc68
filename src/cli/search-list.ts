import type { SweepDocument, WalkForwardDocument } from '../core/search.ts'
import { timeName } from '../core/time.ts'
import type { listRuns } from '../runs/load-run.ts'
import { figure } from './search-text.ts'
import { count, percent, ratio, seriesText, tableText } from './text.ts'

/** `runs --json`: searches beside the runs, the figures that the tables have and what they were chosen by. */
export function searchRows(all: ReturnType<typeof listRuns>) {
  return {
    sweeps: all.flatMap(({ dir, document }) =>
      'kind' in document && document.kind === 'sweep' ? [sweepRow(dir, document)] : [],
    ),
    walkForwards: all.flatMap(({ dir, document }) =>
      'kind' in document && document.kind === 'walk-forward' ? [walkForwardRow(dir, document)] : [],
    ),
  }
}

type SearchRows = ReturnType<typeof searchRows>

function sweepRow(dir: string, document: SweepDocument) {
  const { run, subject, name, data, range, trials, search, best, spread, overfitting } = document
  return {
    ...{ run, dir, subject, name, data: data.map(({ series }) => series), from: range.from, to: range.to, trials },
    objective: search.objective,
    best: best && { params: best.params, objective: best.objective, metrics: best.metrics },
    median: spread?.median ?? null,
    deflated: overfitting?.deflated ?? null,
  }
}

function walkForwardRow(dir: string, document: WalkForwardDocument) {
  const { run, name, data, plan, windows, search, metrics, efficiency } = document
  return {
    ...{ run, dir, name, data: data.map(({ series }) => series) },
    ...{ from: windows[0]?.test.from ?? null, to: windows.at(-1)?.test.to ?? null },
    ...{ plan, windows: windows.length, objective: search.objective, metrics, efficiency },
  }
}

export function searchTables({ sweeps, walkForwards }: SearchRows): string[] {
  return [
    ...(sweeps.length > 0 ? [sweepTable(sweeps)] : []),
    ...(walkForwards.length > 0 ? [walked(walkForwards)] : []),
  ]
}

function sweepTable(sweeps: SearchRows['sweeps']): string {
  const rows = sweeps.map(({ run, data, from, to, trials, objective, best, median, deflated }) => [
    ...[run, seriesText(data), timeName(from), timeName(to), count(trials.all), objective.name],
    ...[figure(best?.objective ?? null), figure(median), percent(deflated)],
  ])
  return tableText(['sweep', 'data', 'from', 'to', 'trials', 'objective', 'best', 'median', 'deflated'], rows)
}

function walked(walkForwards: SearchRows['walkForwards']): string {
  const rows = walkForwards.map(({ run, data, windows, metrics, efficiency }) => [
    ...[run, seriesText(data), count(windows), percent(metrics['totalReturn']), ratio(metrics['sharpe'])],
    percent(efficiency, 0),
  ])
  return tableText(['walk-forward', 'data', 'windows', 'out of sample', 'sharpe', 'efficiency'], rows)
}
