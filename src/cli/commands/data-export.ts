import { exportSeries, openStore } from '../../data/index.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import type { Command } from '../command.ts'
import { RANGE, readingSettingsOf, STORE } from '../flags.ts'
import { plural } from '../text.ts'
import { seriesWord } from './data-check.ts'

export default {
  words: '<series>',
  flags: {
    out: {
      help: 'file to write; its ending says the format: .csv .csv.gz .parquet .arrow',
      value: 'FILE',
      isRequired: true,
    },
    ...RANGE,
    ...STORE,
  },
  example: 'klinelab data export binance:BTCUSDT:1h --from 2024-01-01 --out btc.csv.gz',
  async run({ words, flags }, io) {
    const { out, from, to } = flags as { out: string; from?: number; to?: number }
    const { store: dir } = await readingSettingsOf({ words, flags: { store: flags['store'] } }, io)
    const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
    const series = seriesWord(words[0]!)
    const rows = await exportSeries(await openStore(dir, { behind: EMBEDDED }), series, out, range)
    return { json: { series: words[0], file: out, rows }, text: `${out}: ${plural(rows, 'bar')} of ${words[0]}` }
  },
} satisfies Command
