import { parseSeries } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { openStore, type SeriesBrief } from '../../data/index.ts'
import { seriesDir } from '../../data/manifest.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import type { Command } from '../command.ts'
import { seenBehind } from '../embedded-text.ts'
import { readingSettingsOf, STORE } from '../flags.ts'
import { count, tableText } from '../text.ts'

export default {
  words: '',
  flags: STORE,
  example: 'klinelab data list',
  async run(args, io) {
    const { store: dir } = await readingSettingsOf(args, io)
    const store = await openStore(dir, { behind: EMBEDDED })
    const series: readonly SeriesBrief[] = await store.briefly(({ message }) => io.warn(message))
    const behind = await seenBehind(await openStore(dir))
    const empty = series.filter((one) => one.rows === 0)
    // most stores have no made bars, and need no column of noughts
    const isAnyMade = series.some((one) => one.made > 0)
    const rows = series.map((one) => [
      one.series,
      count(one.rows),
      timeName(one.from),
      timeName(one.to),
      count(one.gaps.count),
      count(one.gaps.bars),
      ...(isAnyMade ? [count(one.made)] : []),
      ...(behind.size > 0 ? [behind.has(one.series) ? 'klinelab' : ''] : []),
    ])
    return {
      json: { store: dir, series: series.map((one) => ({ ...one, comesWithKlinelab: behind.has(one.series) })) },
      text:
        rows.length === 0
          ? `${dir} is empty`
          : [
              tableText(
                [
                  ...['series', 'bars', 'from', 'to (exclusive)', 'gaps', 'bars missing'],
                  ...(isAnyMade ? ['bars made'] : []),
                  ...(behind.size > 0 ? ['comes with'] : []),
                ],
                rows,
              ),
              ...empty.map(
                (one) =>
                  `${one.series} has no bars: its venue was asked and has none; to be rid of it delete the folder ${seriesDir('', parseSeries(one.series))} of the store`,
              ),
            ].join('\n'),
    }
  },
} satisfies Command
