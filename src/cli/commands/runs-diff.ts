import { diffRuns } from '../../runs/diff-runs.ts'
import { findRun, readDocument } from '../../runs/load-run.ts'
import type { Command } from '../command.ts'
import { OUT, settingsOf } from '../flags.ts'
import { tableText } from '../text.ts'

export default {
  words: '<a> <b>',
  flags: OUT,
  example: 'klinelab runs diff sma-cross donchian-breakout',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const [a, b] = args.words.map((word) => readDocument(findRun(word, out, io.cwd))) as [
      ReturnType<typeof readDocument>,
      ReturnType<typeof readDocument>,
    ]
    const differences = diffRuns(a, b)
    const cell = (value: unknown) =>
      value === null ? '–' : typeof value === 'string' && value.length === 64 ? value.slice(0, 12) : String(value)
    const text =
      differences.length === 0
        ? 'the same in everything'
        : tableText(
            ['key', a.run, b.run],
            differences.map(({ key, a: left, b: right }) => [key, cell(left), cell(right)]),
          )
    return { json: { a: a.run, b: b.run, differences }, text }
  },
} satisfies Command
