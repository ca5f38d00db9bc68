import { importExchangeInfo, openStore } from '../../data/index.ts'
import type { Command } from '../command.ts'
import { STORE, settingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { plural } from '../text.ts'

const SHOWN = 10

export default {
  words: '<file...>',
  flags: {
    symbol: { help: 'only these (built in: every symbol of the file)', value: 'SYMBOL', isList: true },
    ...STORE,
  },
  example: 'klinelab data filters exchangeInfo-2024-05-01.json --symbol SOLUSDT',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const store = await openStore(dir)
    const { symbol } = args.flags as { symbol?: string[] }
    const files: { file: string; symbols: readonly string[] }[] = []
    for (const file of args.words) files.push({ file, symbols: await importExchangeInfo(store, file, symbol) })
    const text = files.map(({ file, symbols }) => {
      const names = symbols.slice(0, SHOWN).join(', ')
      const more = symbols.length > SHOWN ? ` and ${symbols.length - SHOWN} more` : ''
      return `${file}: filters of ${plural(symbols.length, 'symbol')} (${names}${more}) stored in ${shown(dir, io.cwd)}`
    })
    return { json: { store: dir, files }, text: text.join('\n') }
  },
} satisfies Command
