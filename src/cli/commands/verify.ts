import { findRun, isModel, isSearch, readAnyDocument } from '../../runs/load-run.ts'
import { verifyRun } from '../../runs/rerun.ts'
import type { Settings } from '../../runs/settings.ts'
import type { Verification } from '../../runs/verification.ts'
import { verifyModel } from '../../runs/verify-model.ts'
import type { Command } from '../command.ts'
import { PLACES, readingSettingsOf } from '../flags.ts'
import type { Io } from '../io.ts'
import { searchShown } from '../search-flags.ts'
import { trainingShown } from '../training-progress.ts'

export default {
  words: '<run>',
  flags: PLACES,
  example: 'klinelab verify sma-cross',
  async run(args, io) {
    const settings = await readingSettingsOf(args, io)
    const dir = findRun(args.words[0]!, settings.out, io.cwd)
    const found = await verified(dir, settings, io)
    const { run, same, problems, differences } = found
    const text = same
      ? `${run}: the same again, to the last byte of every file`
      : [
          `${run}: NOT the same`,
          ...problems.map((problem) => `  ${problem}`),
          ...(differences.length > 0
            ? [`  ${differences.length} values differ, the first: ${differences[0]!.key}`]
            : []),
        ].join('\n')
    return { json: found, text, ok: same }
  },
} satisfies Command

async function verified(dir: string, settings: Settings, io: Io): Promise<Verification> {
  const { cwd } = io
  const document = readAnyDocument(dir)
  if (isModel(document)) return verifyModel(dir, settings, cwd, trainingShown(io))
  const host = { onTraining: trainingShown(io), onNotice: io.warn }
  if (!isSearch(document)) return verifyRun(dir, settings.store, cwd, io.progress('bars'), host)
  // who only looks at backtests need not wait for what runs searches
  const { verifySearch } = await import('../../runs/search-again.ts')
  return verifySearch(dir, settings, cwd, { ...host, onTrials: searchShown(io, document.search.objective.name) })
}
