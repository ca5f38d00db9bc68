import { timeName } from '../../core/time.ts'
import { type ComparedSide, type Comparison, compareSeries } from '../../data/collect/compare.ts'
import { openStore } from '../../data/index.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { RANGE, readingSettingsOf, STORE } from '../flags.ts'
import { count, percent, plural, tableText } from '../text.ts'
import { seriesWord } from './data-check.ts'

const SHOWN = 10

export default {
  words: '<a> <b>',
  flags: { ...RANGE, ...STORE },
  example: 'klinelab data compare binance:BTCUSDT:1h binance-usdm:BTCUSDT:1h',
  async run({ words, flags }, io) {
    const { from, to } = flags as { from?: number; to?: number }
    const { store: dir } = await readingSettingsOf({ words, flags: { store: flags['store'] } }, io)
    const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
    const [a, b] = [seriesWord(words[0]!), seriesWord(words[1]!)]
    try {
      const comparison = await compareSeries(await openStore(dir, { behind: EMBEDDED }), a, b, range)
      return { json: comparison, text: comparisonText(comparison) }
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
      throw error
    }
  },
} satisfies Command

function comparisonText({ a, b, both, closes, volumeRatio, correlation }: Comparison): string {
  const rows = [a, b].map((side) => [
    side.series,
    count(side.bars),
    count(side.alone),
    count(side.gaps.count),
    count(side.gaps.bars),
    count(side.made),
  ])
  return [
    tableText(['series', 'bars', 'without the other', 'gaps', 'bars missing', 'made (left out)'], rows),
    `${plural(both, 'bar')} in both`,
    ...(closes === null
      ? []
      : [
          `closes: equal in ${percent(closes.equal / both)}; apart by ${bps(closes.median)} in the median, ${bps(closes.p95)} in 95 of 100 at most`,
          `  the second one stands ${bps(Math.abs(closes.bias))} ${closes.bias < 0 ? 'below' : 'above'} the first in the median`,
          `  the farthest apart: ${bps(closes.largest.bps)} at ${timeName(closes.largest.openTime)}, ${closes.largest.a} and ${closes.largest.b}`,
        ]),
    `volume: ${volumeRatio === null ? 'the first has none' : `the second has ${percent(volumeRatio)} of the first's`}`,
    `returns from bar to bar: ${correlation === null ? 'too few, or one never moves' : `correlation ${correlation.toFixed(4)}`}`,
    ...aloneText(a),
    ...aloneText(b),
  ].join('\n')
}

function bps(value: number): string {
  return `${value.toFixed(2)} bps`
}

function aloneText({ series, alone, stretches }: ComparedSide): string[] {
  if (alone === 0) return []
  const rows = stretches.slice(0, SHOWN).map(({ start, end, bars }) => [timeName(start), timeName(end), String(bars)])
  const more = stretches.length - SHOWN
  return [
    `only in ${series}: ${plural(alone, 'bar')}`,
    tableText(['from', 'to', 'bars'], rows).replace(/^/gm, '  '),
    ...(more > 0 ? [`  … and ${plural(more, 'more stretch', 'more stretches')}; all of them: --json`] : []),
  ]
}
