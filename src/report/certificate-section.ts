import type { Certificate, RunResult } from '../core/run.ts'
import { count, date, moment, plural, price } from './format.ts'
import { type Column, escapeHtml, section, tableHtml } from './html.ts'

const SHOWN = 50

/** What the data are like; nothing in them was repaired. */
export function certificateSection({ document }: RunResult): string {
  const number = (n: number) => (n === 0 ? 'none' : count(n))
  const made = document.certificates.reduce((sum, one) => sum + barsIn(one.made ?? []), 0)
  const isCollected = document.certificates.some((one) => one.made !== undefined || one.holes !== undefined)
  const rows = document.certificates.map((one) => [
    escapeHtml(one.series),
    count(one.rows),
    `${date(one.from)} to ${date(one.to)}`,
    one.gaps.length === 0 ? 'none' : `${count(one.gaps.length)} (${plural(barsIn(one.gaps), 'bar')})`,
    number(one.zeroVolumeBars),
    number(one.flatRuns.length),
    number(one.outliers.length),
    number(one.outages.length),
    ...(isCollected ? [number(barsIn(one.made ?? [])), holesText(one)] : []),
    'nothing',
  ])
  const titles: readonly (readonly [string, Column['kind']?])[] = [
    ['Series'],
    ['Bars', 'number'],
    ['Range (UTC)'],
    ['Gaps', 'number'],
    ['Bars without volume', 'number'],
    ['Flat runs', 'number'],
    ['Outliers', 'number'],
    ['Outage marks', 'number'],
    ...(isCollected ? ([['Made bars', 'number'], ['Not at the venue']] as const) : []),
    ['Repaired', 'number'],
  ]
  return section(
    'data',
    'The data',
    `<p>Checked bar by bar, as stored. ${
      made === 0
        ? 'Nothing was repaired or filled in: a gap stays a gap, and an order that waits across one meets the next real bar.'
        : `${plural(made, 'bar')} of these ${made === 1 ? 'was' : 'were'} made when the data were fetched, flat at the last close and without volume, because the venue has none: nobody traded at such prices, and what the strategy did there it could not have done. Nothing else was repaired or filled in.`
    }</p>`,
    tableHtml(
      'Data certificate',
      titles.map(([title, kind]) => (kind === undefined ? { title } : { title, kind })),
      rows,
    ),
    whereabouts(document.certificates),
  )
}

function barsIn(stretches: readonly { readonly bars: number }[]): number {
  return stretches.reduce((sum, one) => sum + one.bars, 0)
}

/** Bars that the venue was asked for and does not have, by cause. */
function holesText({ holes = [] }: Certificate): string {
  const causes = [...new Set(holes.map(({ cause }) => cause))].sort()
  const texts = causes.map((cause) => `${cause} ${plural(barsIn(holes.filter((hole) => hole.cause === cause)), 'bar')}`)
  return texts.length === 0 ? 'none' : escapeHtml(texts.join(', '))
}

/** Where the findings of the certificates are. */
function whereabouts(certificates: readonly Certificate[]): string {
  const found = certificates
    .map((one) => [one.series, findings(one)] as const)
    .filter(([, tables]) => tables !== '')
    .map(([series, tables]) => `<h3>${escapeHtml(series)}</h3><div class="pair">${tables}</div>`)
  return found.length === 0
    ? ''
    : `<details><summary>Where the gaps and marks are</summary>${found.join('\n')}</details>`
}

function findings(one: Certificate): string {
  const some = <T>(what: string, all: readonly T[], cells: (row: T) => string[], titles: readonly string[]) =>
    all.length === 0
      ? ''
      : tableHtml(
          all.length > SHOWN ? `${what}: the first ${SHOWN} of ${count(all.length)}` : what,
          titles.map((title) =>
            ['bars', 'price', 'median around it'].includes(title) ? { title, kind: 'number' } : { title },
          ),
          all.slice(0, SHOWN).map(cells),
        )
  const outlier = ['bar', 'field', 'price', 'median around it']
  return [
    some('Gaps', one.gaps, (gap) => [moment(gap.start), moment(gap.end), count(gap.bars)], [
      'first missing',
      'next bar',
      'bars',
    ]),
    some(
      'Bars that the venue was asked for and does not have',
      one.holes ?? [],
      (hole) => [
        moment(hole.start),
        moment(hole.end),
        count(hole.bars),
        escapeHtml(hole.cause),
        escapeHtml(hole.because),
      ],
      ['first missing', 'next bar', 'bars', 'cause', 'because'],
    ),
    some('Made bars', one.made ?? [], (made) => [moment(made.start), count(made.bars)], ['from', 'bars']),
    some('Flat runs', one.flatRuns, (run) => [moment(run.start), count(run.bars)], ['from', 'bars']),
    some(
      'Outliers',
      one.outliers,
      (row) => [moment(row.openTime), row.field, price(row.value), price(row.median)],
      outlier,
    ),
    some('Outage marks: bars whose close time came early', one.outages, (time) => [moment(time)], ['bar']),
  ].join('')
}
