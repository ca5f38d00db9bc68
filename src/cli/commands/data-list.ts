import { timeName } from '../../core/time.ts'
import { openStore } from '../../data/index.ts'
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
    const manifests = await (await openStore(dir, { behind: EMBEDDED })).list(({ message }) => io.warn(message))
    const series = manifests.map(({ series, rows, from, to, gaps, outages, skipped, files }) => ({
      series,
      rows,
      from,
      to,
      gaps: { count: gaps.length, bars: gaps.reduce((sum, gap) => sum + gap.bars, 0) },
      outages: outages.length,
      skipped: skipped.length,
      months: files.length,
    }))
    const rows = series.map((one) => [
      one.series,
      count(one.rows),
      timeName(one.from),
      timeName(one.to),
      count(one.gaps.count),
      count(one.gaps.bars),
    ])
    return {
      json: { store: dir, series },
      text:
        rows.length === 0
          ? `${dir} is empty`
          : tableText(['series', 'bars', 'from', 'to (exclusive)', 'gaps', 'bars missing'], rows),
    }
  },
} satisfies Command
