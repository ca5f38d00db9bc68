import type { GetResult } from '../data/collect/get.ts'

/** What came of getting series, in a line. */
export function gotText({ series }: GetResult): string {
  const sum = (of: (one: GetResult['series'][number]) => number) => series.reduce((all, one) => all + of(one), 0)
  const unexplained = sum(({ holes }) => holes.filter(({ cause }) => cause === 'unexplained').length)
  const failed = series.filter(({ error }) => error !== null).length
  return [
    `${series.length} series`,
    `${sum(({ added }) => added)} bars added`,
    `${sum(({ revised }) => revised.length)} revised`,
    ...(unexplained > 0 ? [`${unexplained} unexplained ${unexplained === 1 ? 'hole' : 'holes'}`] : []),
    ...(failed > 0 ? [`${failed} NOT up to date`] : []),
  ].join(', ')
}
