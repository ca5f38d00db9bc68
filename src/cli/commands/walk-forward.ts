import { SEARCH_DEFAULTS } from '../../runs/search-defaults.ts'
import { walkForward } from '../../runs/walk-forward.ts'
import { writeWalkForward } from '../../runs/walk-forward-folder.ts'
import type { Command } from '../command.ts'
import { readingSettingsOf } from '../flags.ts'
import { interruptible } from '../interrupt.ts'
import { shown } from '../run-text.ts'
import { SEARCH, type SearchFlags, searchAsked, searchHost } from '../search-flags.ts'
import { searchJson, walkForwardText } from '../search-text.ts'
import { configOutcome } from '../show-config.ts'

interface Flags extends SearchFlags {
  train?: string
  test?: string
  embargo?: string
  anchored?: boolean
}

export default {
  words: '<strategy>',
  flags: {
    train: {
      help: 'how long parameters are chosen on, a whole number of bars such as 180d',
      value: 'TIME',
      isRequired: true,
    },
    test: {
      help: 'how long they are traded then, such as 30d; a last one of less than half of it is left out',
      value: 'TIME',
      isRequired: true,
    },
    anchored: { help: 'choose on everything from the first bar on, not on a stretch that moves along' },
    embargo: { help: 'time left out between the two (built in: 0s)', value: 'TIME' },
    ...SEARCH,
    objective: {
      help: 'figure to be best, or a module that exports a function of a trial (built in: sharpe)',
      value: 'FIGURE|FILE',
    },
  },
  example:
    'klinelab walk-forward strategies/sma-cross.ts --data binance:BTCUSDT:1h --train 365d --test 90d --set fast=10..100:30 --set slow=120..480:120',
  async run(args, io) {
    const start = performance.now()
    const settings = await readingSettingsOf(args, io)
    const flags = args.flags as unknown as Flags
    if (flags.showConfig) return configOutcome(settings, io)
    const { train = '', test = '', embargo = '0s', anchored = false } = flags
    const plan = { kind: anchored ? 'anchored' : 'rolling', train, test, embargo } as const
    const asked = searchAsked(args)
    const host = searchHost(flags, io, flags.objective ?? SEARCH_DEFAULTS.objective)
    const counting = { ledger: settings.ledger, onWarning: io.warn }
    const done = await interruptible((signal) => walkForward(asked, plan, settings, { ...host, counting, signal }))
    const { dir, verdict } = await writeWalkForward(done, settings.out, counting)
    const { document } = done.result
    const seconds = (performance.now() - start) / 1000
    return {
      json: searchJson(document, dir, { seconds: done.seconds, ledger: verdict }),
      text: `${walkForwardText(document)}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${seconds.toFixed(2)} s`,
    }
  },
} satisfies Command
