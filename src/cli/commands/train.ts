import { didYouMean } from '../../core/suggest.ts'
import { BUILT_IN_THRESHOLD } from '../../runs/evaluate.ts'
import { groundsOf, type SeriesGround, withFolds } from '../../runs/grounds.ts'
import { loadModels } from '../../runs/load-strategy.ts'
import { trainRun } from '../../runs/train-run.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { JUDGING, RANGE, readingSettingsOf, TRAINING } from '../flags.ts'
import { modelJson, modelText } from '../model-text.ts'
import { shown } from '../run-text.ts'
import { configOutcome } from '../show-config.ts'
import { TrainingProgress } from '../training-progress.ts'

interface Flags {
  model?: string
  from?: number
  to?: number
  workers?: number
  threshold?: number
  showConfig?: boolean
}

export default {
  words: '<module>',
  flags: { ...TRAINING, ...RANGE, ...JUDGING },
  example: 'klinelab train strategies/ml-direction.ts',
  async run(args, io) {
    const settings = await readingSettingsOf(args, io)
    const { model, from, to, workers, threshold = BUILT_IN_THRESHOLD, showConfig } = args.flags as unknown as Flags
    if (showConfig) return configOutcome(settings, io)
    if (from !== undefined && to !== undefined && from >= to)
      throw new UsageError('an empty range: --from is not before --to')
    const { models, file } = await loadModels(args.words[0]!, io.cwd)
    const names = models.map(({ name }) => name)
    const wanted = model === undefined ? models : models.filter(({ name }) => name === model)
    if (wanted.length === 0)
      throw new UsageError(
        `--model ${model}: ${args.words[0]} has no such model${didYouMean(model!, names)}; it has ${names.join(', ')}`,
      )
    const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
    const by = { file, range, threshold, isOneOfSeveral: models.length > 1, ...(workers !== undefined && { workers }) }
    const documents: unknown[] = []
    const texts: string[] = []
    // all of them are looked at before the first is trained
    const looked: SeriesGround[][] = []
    for (const one of wanted) looked.push([...withFolds(one, await groundsOf(one, settings.store, range))])
    const progress = new TrainingProgress(io)
    const host = {
      ...{ onTraining: progress.onTraining, onTrained: progress.end },
      ...{ onJudging: io.progress('judging'), onNotice: io.warn },
    }
    try {
      for (const [k, one] of wanted.entries()) {
        if (progress.isStopped) break
        const { run, dir, seconds } = await trainRun(one, looked[k]!, settings, by, host)
        const { document } = run.result
        documents.push(modelJson(document, dir!))
        texts.push(
          `${modelText(document, io.isColourful)}\n\n  ${shown(`${dir}/report.html`, io.cwd)}\n  ${seconds.toFixed(2)} s`,
        )
      }
    } finally {
      progress.end()
    }
    const stopped = progress.isStopped
      ? '\n\nStopped; what was reached is kept, and the same command goes on from there.'
      : ''
    return {
      json: { models: documents },
      text: `${texts.join('\n\n')}${stopped}`,
      ...(progress.isStopped && { code: 130 }),
    }
  },
} satisfies Command
