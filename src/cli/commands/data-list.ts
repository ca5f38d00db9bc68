import { timeName } from '../../core/time.ts'
import { openStore, type SeriesBrief } from '../../data/index.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import type { Command } from '../command.ts'
import { STORE, settingsOf } from '../flags.ts'
import { count, tableText } from '../text.ts'

export default {
  words: '',
  flags: STORE,
  example: 'klinelab data list',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const store = await openStore(dir, { behind: EMBEDDED })
    const series: readonly SeriesBrief[] = await store.briefly(({ message }) => io.warn(message))
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
    ])
    return {
      json: { store: dir, series },
      text:
        rows.length === 0
          ? `${dir} is empty`
          : tableText(
              [
                ...['series', 'bars', 'from', 'to (exclusive)', 'gaps', 'bars missing'],
                ...(isAnyMade ? ['bars made'] : []),
              ],
              rows,
            ),
    }
  },
} satisfies Command
