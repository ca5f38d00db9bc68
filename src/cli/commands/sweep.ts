import { SEARCH_DEFAULTS } from '../../runs/search-defaults.ts'
import { subjectOf, sweepOf } from '../../runs/search-subject.ts'
import { writeSweep } from '../../runs/sweep-folder.ts'
import type { Command } from '../command.ts'
import { readingSettingsOf } from '../flags.ts'
import { interruptible } from '../interrupt.ts'
import { shown } from '../run-text.ts'
import { SEARCH, SEARCHED_MODEL, type SearchFlags, searchAsked, searchHost } from '../search-flags.ts'
import { searchJson, sweepText } from '../search-text.ts'
import { configOutcome } from '../show-config.ts'

export default {
  words: '<module>',
  flags: { ...SEARCHED_MODEL, ...SEARCH },
  example:
    "klinelab sweep strategies/sma-cross.ts --data binance:BTCUSDT:1h --set fast=10..100:10 --set slow=120..500:20 --where 'fast < slow'",
  async run(args, io) {
    const start = performance.now()
    const settings = await readingSettingsOf(args, io)
    const flags = args.flags as unknown as SearchFlags
    if (flags.showConfig) return configOutcome(settings, io)
    const asked = searchAsked(args)
    const isModel = (await subjectOf(asked)) === 'model'
    const builtIn = isModel ? SEARCH_DEFAULTS.modelObjective : SEARCH_DEFAULTS.objective
    const host = searchHost(flags, io, flags.objective ?? builtIn)
    const counting = { ledger: settings.ledger, onWarning: io.warn }
    const done = await interruptible((signal) => sweepOf(asked, settings, { ...host, counting, signal }, args.flags))
    const { dir, verdict } = await writeSweep(done, settings.out, counting)
    const { document } = done.result
    const seconds = (performance.now() - start) / 1000
    const speed = `${(document.trials.all / done.seconds).toFixed(1)} trials a second`
    return {
      json: searchJson(document, dir, { seconds: done.seconds, ledger: verdict }),
      text: `${sweepText(document)}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${seconds.toFixed(2)} s (${speed})`,
    }
  },
} satisfies Command
