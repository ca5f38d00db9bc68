import { parseTime } from '../../core/time.ts'
import { importTiers, openStore } from '../../data/index.ts'
import type { Command } from '../command.ts'
import { STORE, settingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { plural } from '../text.ts'

export default {
  words: '<file>',
  flags: {
    'as-of': {
      help: 'when the tiers were read off the exchange; they change',
      value: 'TIME',
      isRequired: true,
      parse: parseTime,
    },
    symbol: { help: 'only these (built in: every symbol of the file)', value: 'SYMBOL', isList: true },
    ...STORE,
  },
  example: 'klinelab data tiers leverageBracket.json --as-of 2024-10-01 --symbol BTCUSDT',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const { asOf, symbol } = args.flags as { asOf: number; symbol?: string[] }
    const symbols = await importTiers(await openStore(dir), args.words[0]!, asOf, symbol)
    return {
      json: { store: dir, asOf, symbols },
      text: `${args.words[0]}: leverage tiers of ${plural(symbols.length, 'symbol')} (${symbols.join(', ')}) stored in ${shown(dir, io.cwd)}`,
    }
  },
} satisfies Command
