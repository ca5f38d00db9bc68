import { type Market, parseMarket } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { importFunding, openStore } from '../../data/index.ts'
import type { Command } from '../command.ts'
import { STORE, settingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { plural } from '../text.ts'

export default {
  words: '<path...>',
  flags: {
    as: { help: 'the perpetual', value: 'VENUE:SYMBOL', isRequired: true, parse: perpetual },
    ...STORE,
  },
  example: 'klinelab data funding BTCUSDT-fundingRate-2024-05.csv --as binance-usdm:BTCUSDT',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const { venue, symbol } = args.flags['as'] as Market
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

/** A market that pays funding: a perpetual itself, not the series of its marks. */
function perpetual(text: string): Market {
  const market = parseMarket(text)
  if (market.venue !== 'binance-usdm' || market.symbol.endsWith('@mark'))
    throw new RangeError(`"${text}" is not allowed: funding is of perpetuals; write e.g. binance-usdm:BTCUSDT`)
  return market
}
