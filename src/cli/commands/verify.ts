import { findRun, isModel, readAnyDocument } from '../../runs/load-run.ts'
import { verifyRun } from '../../runs/rerun.ts'
import { verifyModel } from '../../runs/verify-model.ts'
import type { Command } from '../command.ts'
import { PLACES, settingsOf } from '../flags.ts'
import { trainingShown } from '../training-progress.ts'

export default {
  words: '<run>',
  flags: PLACES,
  example: 'klinelab verify sma-cross',
  async run(args, io) {
    const settings = await settingsOf(args, io)
    const dir = findRun(args.words[0]!, settings.out, io.cwd)
    const found = isModel(readAnyDocument(dir))
      ? await verifyModel(dir, settings, io.cwd, trainingShown(io))
      : await verifyRun(dir, settings.store, io.cwd, io.progress('bars'), {
          onTraining: trainingShown(io),
          onNotice: io.warn,
        })
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
