import { findRun } from '../../runs/load-run.ts'
import { verifyRun } from '../../runs/rerun.ts'
import type { Command } from '../command.ts'
import { PLACES, settingsOf } from '../flags.ts'

export default {
  words: '<run>',
  flags: PLACES,
  example: 'klinelab verify sma-cross',
  async run(args, io) {
    const { store, out } = await settingsOf(args, io)
    const found = await verifyRun(findRun(args.words[0]!, out, io.cwd), store, io.cwd, io.progress('bars'))
    const { run, same, problems, differences } = found
    const text = same
      ? `${run}: the same again, to the last byte of every file`
      : [
          `${run}: NOT the same`,
          ...problems.map((problem) => `  ${problem}`),
          `  ${differences.length} values differ${differences.length > 0 ? `, the first: ${differences[0]!.key}` : ''}`,
        ].join('\n')
    return { json: found, text, ok: same }
  },
} satisfies Command
