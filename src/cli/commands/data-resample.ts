import type { Interval } from '../../core/interval.ts'
import { seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { openStore, resampleSeries } from '../../data/index.ts'
import { seriesDir } from '../../data/manifest.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { hiddenBy, hiddenText, seenBehind } from '../embedded-text.ts'
import { parsedInterval, STORE, settingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { plural } from '../text.ts'
import { seriesWord } from './data-check.ts'

export default {
  words: '<series>',
  flags: { to: { help: 'the coarser interval', value: 'INTERVAL', isRequired: true, parse: parsedInterval }, ...STORE },
  example: 'klinelab data resample binance:BTCUSDT:1h --to 4h',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const series = seriesWord(args.words[0]!)
    const store = await openStore(dir, { behind: EMBEDDED })
    const behind = await seenBehind(await openStore(dir))
    const target = { ...series, interval: args.flags['to'] as Interval }
    try {
      const manifest = await resampleSeries(store, series, target.interval)
      const missing = manifest.gaps.reduce((sum, gap) => sum + gap.bars, 0)
      const hidden = hiddenBy([{ series: seriesName(target), stored: manifest }], behind)
      const back = `to see those again delete ${shown(seriesDir(dir, target), io.cwd)}`
      return {
        json: { ...manifest, hidden },
        text: `${manifest.series}: ${plural(manifest.rows, 'bar')}, ${timeName(manifest.from)} to ${timeName(manifest.to)}, ${plural(missing, 'bar')} missing${hidden.map((one) => `\n  ${hiddenText(one, back)}`).join('')}`,
      }
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
      throw error
    }
  },
} satisfies Command
