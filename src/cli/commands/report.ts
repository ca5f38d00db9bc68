import { rewriteModelReport } from '../../runs/judge-again.ts'
import { findRun, isModel, isSearch, readAnyDocument } from '../../runs/load-run.ts'
import { rerun } from '../../runs/rerun.ts'
import { rewriteReport } from '../../runs/run-folder.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { LEDGER, PLACES, settingsOf } from '../flags.ts'
import { shown } from '../run-text.ts'
import { searchShown } from '../search-flags.ts'

export default {
  words: '<run>',
  flags: { ...PLACES, ...LEDGER },
  example: 'klinelab report sma-cross',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const { store, out } = settings
    const dir = findRun(args.words[0]!, out, io.cwd)
    const recorded = readAnyDocument(dir)
    if (isModel(recorded)) {
      const file = await rewriteModelReport(dir, settings, io.cwd)
      return { json: { run: recorded.run, dir, report: file }, text: shown(file, io.cwd) }
    }
    const counting = { ledger: settings.ledger, onWarning: io.warn }
    if (isSearch(recorded)) {
      const { rewriteSearchReport } = await import('../../runs/search-again.ts')
      const host = { onNotice: io.warn, onTrials: searchShown(io, recorded.search.objective.name) }
      const file = await rewriteSearchReport(dir, settings, io.cwd, counting, host)
      return { json: { run: recorded.run, dir, report: file }, text: shown(file, io.cwd) }
    }
    const run = await rerun(dir, store, io.cwd, io.progress('bars'))
    if (run.result.document.run !== recorded.run || run.result.document.tradeHash !== recorded.tradeHash)
      throw new UsageError(
        `${recorded.run}: its data, code or settings are no longer what they were, so its report cannot be made again; see klinelab verify ${recorded.run}`,
      )
    const file = rewriteReport(run, dir, counting)
    return { json: { run: recorded.run, dir, report: file }, text: shown(file, io.cwd) }
  },
} satisfies Command
