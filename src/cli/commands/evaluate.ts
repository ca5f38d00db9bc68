import { BUILT_IN_THRESHOLD } from '../../runs/evaluate.ts'
import { judgeAgain } from '../../runs/judge-again.ts'
import { findRun } from '../../runs/load-run.ts'
import { writeModelRun } from '../../runs/model-folder.ts'
import type { Command } from '../command.ts'
import { JUDGING, readingSettingsOf } from '../flags.ts'
import { modelJson, modelText } from '../model-text.ts'
import { shown } from '../run-text.ts'
import { configOutcome } from '../show-config.ts'

interface Flags {
  threshold?: number
  showConfig?: boolean
}

export default {
  words: '<run>',
  flags: JUDGING,
  example: 'klinelab evaluate direction',
  async run(args, io) {
    const start = performance.now()
    const settings = await readingSettingsOf(args, io)
    const { threshold = BUILT_IN_THRESHOLD, showConfig } = args.flags as unknown as Flags
    if (showConfig) return configOutcome(settings, io)
    const found = findRun(args.words[0]!, settings.out, io.cwd, 'model')
    const run = await judgeAgain(found, settings, threshold, io.cwd, io.progress('judging'))
    const seconds = (performance.now() - start) / 1000
    const dir = await writeModelRun(run, settings, seconds, { onNotice: io.warn })
    const { document } = run.result
    return {
      json: modelJson(document, dir),
      text: `${modelText(document, io.isColourful)}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${seconds.toFixed(2)} s`,
    }
  },
} satisfies Command
