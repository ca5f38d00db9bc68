import type { EvaluationDocument } from '../core/evaluation.ts'
import type { SeriesUsed } from '../core/run.ts'
import { reproduceHtml } from './evidence-sections.ts'
import { count, date, plural } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'

export function evaluationData({ data }: EvaluationDocument): string {
  return dataSection('Bars that were learnt from and judged on', data)
}

/** The series that were used, with what they are known by. */
export function dataSection(caption: string, data: readonly SeriesUsed[]): string {
  return section(
    'data',
    'The data',
    '<p>As stored: nothing was repaired or filled in, and a gap stays a gap.</p>',
    tableHtml(
      caption,
      [
        { title: 'Series' },
        { title: 'Bars', kind: 'number' },
        { title: 'Range (UTC)' },
        { title: 'Gaps', kind: 'number' },
        { title: 'sha256', kind: 'prose' },
      ],
      data.map(({ series, rows, from, to, gaps, sha256 }) => [
        escapeHtml(series),
        count(rows),
        `${date(from)} to ${date(to)}`,
        gaps.count === 0 ? 'none' : `${count(gaps.count)} (${plural(gaps.bars, 'bar')})`,
        `<code>${escapeHtml(sha256)}</code>`,
      ]),
    ),
  )
}

export function evaluationReproduce({ run, data, reproduce, seed, engine }: EvaluationDocument): string {
  return reproduceHtml(
    'The same data, code and settings give the same model and the same bytes. This command makes this run.',
    reproduce.command,
    [
      ['Run', run],
      ...data.map((one): [string, string] => [`Bars of ${one.series}`, `sha256 ${one.sha256}`]),
      ['Definition', `sha256 ${reproduce.definition}`],
      ['Code', `sha256 ${reproduce.code}`],
      ['Artifact', `sha256 ${reproduce.artifact}`],
      ...Object.entries({ klinelab: engine.version, ...reproduce.versions }).map(
        ([name, version]): [string, string] => [`Version of ${name}`, version],
      ),
      ['Seed', String(seed)],
    ],
  )
}
