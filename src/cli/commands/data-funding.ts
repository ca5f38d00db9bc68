import { timeName } from '../../core/time.ts'
import { importFunding, openStore } from '../../data/index.ts'
import type { Command } from '../command.ts'
import { STORE, settingsOf } from '../flags.ts'
import { perpetualName } from '../perpetual-name.ts'
import { shown } from '../run-text.ts'
import { plural } from '../text.ts'

export default {
  words: '<path...>',
  flags: {
    as: { help: 'the perpetual', value: 'VENUE:SYMBOL', isRequired: true, parse: perpetualName },
    ...STORE,
  },
  example: 'klinelab data funding BTCUSDT-fundingRate-2024-05.csv --as binance-usdm:BTCUSDT',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const { venue, symbol } = args.flags['as'] as ReturnType<typeof perpetualName>
    const result = await importFunding(await openStore(dir), args.words, venue, symbol)
    const { added, duplicates, rows, from, to, missing } = result
    const text = [
      `${venue}:${symbol}: ${plural(added, 'new funding rate')}; ${rows} stored, ${timeName(from)} to ${timeName(to)}, in ${shown(dir, io.cwd)}`,
      ...(duplicates > 0 ? [`  ${plural(duplicates, 'known rate')} dropped`] : []),
      ...(missing.length > 0
        ? [
            `  ${plural(missing.length, 'rate')} missing: ${missing.slice(0, 10).map(timeName).join(', ')}${missing.length > 10 ? ' …' : ''}`,
          ]
        : []),
    ]
    return { json: { ...result, store: dir }, text: text.join('\n') }
  },
} satisfies Command
