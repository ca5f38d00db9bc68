import { didYouMean } from '../../core/suggest.ts'
import { BUILT_IN_THRESHOLD, evaluateModel } from '../../runs/evaluate.ts'
import { loadModels } from '../../runs/load-strategy.ts'
import { writeModelRun } from '../../runs/model-folder.ts'
import { groundsOf, trainModel } from '../../runs/train.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { JUDGING, RANGE, settingsOf, TRAINING } from '../flags.ts'
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
    const settings = await settingsOf(args, io)
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
    const request = {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(workers !== undefined && { workers }),
    }
    const documents: unknown[] = []
    const texts: string[] = []
    // all of them are looked at before the first is trained
    for (const one of wanted) await groundsOf(one, settings.store, request)
    const progress = new TrainingProgress(io)
    try {
      for (const one of wanted) {
        if (progress.isStopped) break
        const start = performance.now()
        const { artifact, grounds, journal } = await trainModel(one, settings, request, progress.onTraining)
        progress.end()
        const isOneOfSeveral = models.length > 1
        const by = { file, request, threshold, isOneOfSeveral, onProgress: io.progress('judging') }
        const run = evaluateModel(one.definition, artifact, grounds, settings, by)
        const seconds = (performance.now() - start) / 1000
        const dir = await writeModelRun(run, settings.out, seconds, io.warn)
        // what was stopped may be gone on with
        if (artifact.stopped === null) journal.remove()
        const { document } = run.result
        documents.push(modelJson(document, dir))
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
