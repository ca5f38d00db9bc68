import { setTimeout as sleep } from 'node:timers/promises'
import { CONTEST_FIGURES, type ContestFigure } from '../../models/contest.ts'
import { championFolder, readChampionship } from '../../runs/champion.ts'
import { Interrupted } from '../../runs/interrupted.ts'
import { loadModel, type NamedModel } from '../../runs/load-strategy.ts'
import { parseLongSpan } from '../../runs/parse-long-span.ts'
import { MARGINS, type RetrainAsked, retrain, rollBackChampion } from '../../runs/retrain.ts'
import type { RetrainDecision, RetrainTrigger } from '../../runs/retrain-decision.ts'
import { driftOf, dueAfter, parseSchedule, type Schedule } from '../../runs/retrain-schedule.ts'
import type { Settings } from '../../runs/settings.ts'
import { UsageError } from '../../runs/usage-error.ts'
import type { Command, Outcome } from '../command.ts'
import { JUDGING, number, oneOf, readingSettingsOf, TRAINING } from '../flags.ts'
import { interruptible } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { decisionText } from '../retrain-text.ts'
import { configOutcome } from '../show-config.ts'
import { TrainingProgress } from '../training-progress.ts'

interface Flags {
  readonly model?: string
  readonly by?: ContestFigure
  readonly margin?: number
  readonly window?: number
  readonly threshold?: number
  readonly workers?: number
  readonly every?: Schedule
  readonly onDrift?: string
  readonly rollback?: boolean
  readonly showConfig?: boolean
}

export default {
  words: '<module>',
  flags: {
    ...TRAINING,
    model: { help: 'one model of the module, needed where it has several (built in: its only one)', value: 'NAME' },
    by: oneOf('what the champion and the challenger are judged by (built in: log-loss)', ...CONTEST_FIGURES),
    margin: number(
      `what the challenger has to be better by: nats of log loss, or basis points a bar (built in: ${MARGINS['log-loss']}, or ${MARGINS.money}: k parameters learnt anew from n bars differ by k ÷ 2n nats by chance, 0.01 for 200 on 10,000)`,
      'AMOUNT',
      { min: 0 },
    ),
    window: {
      help: 'the newest stretch, on which both are judged and from which neither learns: 30d, 12w (built in: a tenth of the bars)',
      value: 'TIME',
      parse: parseLongSpan,
    },
    every: {
      help: 'goes on, and retrains so long after its last decision (7d), or by cron in UTC, on what is stored by then: it fetches nothing (klinelab data sync does, and has a job "retrain") (built in: once, now)',
      value: 'TIME|CRON',
      parse: parseSchedule,
    },
    'on-drift': {
      help: 'only where this paper session has drifted, and no swap has answered that (built in: always)',
      value: 'SESSION',
    },
    rollback: { help: 'gives the crown back to the champion before, and trains nothing' },
    ...JUDGING,
    threshold: number('with --by money: what p must reach to be traded (built in: 0.5)', 'P', { above: 0, below: 1 }),
  },
  example: 'klinelab retrain strategies/ml-direction.ts --window 60d',
  async run(args, io) {
    const settings = await readingSettingsOf(args, io)
    const flags = args.flags as unknown as Flags
    if (flags.showConfig) return configOutcome(settings, io)
    const { every, onDrift, rollback = false } = flags
    const model = await loadModel(args.words[0]!, flags.model)
    if (rollback) {
      if ((every ?? onDrift) !== undefined)
        throw new UsageError('--rollback is done once, by whoever asks for it: leave out --every and --on-drift')
      return outcomeOf(await rollBackChampion(model, settings, io.now))
    }
    if (every !== undefined) return goOn(every, model, flags, settings, io)
    const decision = await once(model, flags, { kind: 'asked' }, settings, io)
    return decision === null
      ? { json: nothing(model, onDrift!), text: nothing(model, onDrift!).why }
      : outcomeOf(decision)
  },
} satisfies Command

function outcomeOf(decision: RetrainDecision): Outcome {
  return { json: decision, text: decisionText(decision) }
}

function nothing({ name }: NamedModel, session: string) {
  return {
    ...{ model: name, outcome: 'not-needed', session },
    why: `${name}: session ${session} has not drifted, or a swap has answered it: nothing was trained`,
  }
}

/** @returns `null` where the session has not drifted */
async function once(
  model: NamedModel,
  { by = 'log-loss', margin = MARGINS[by], window, threshold, workers, onDrift }: Flags,
  asked: RetrainTrigger,
  settings: Settings,
  io: Io,
): Promise<RetrainDecision | null> {
  const { decisions = [] } = readChampionship(championFolder(settings.out, model)) ?? {}
  const trigger = onDrift === undefined ? asked : driftOf(settings.out, onDrift, decisions)
  if (trigger === null) return null
  const progress = new TrainingProgress(io)
  const request: RetrainAsked = {
    ...{ by, margin, window: window ?? null, trigger },
    ...(threshold !== undefined && { threshold }),
    ...(workers !== undefined && { workers }),
  }
  const host = { now: Date.now, onTraining: progress.onTraining, onTrained: progress.end, onNotice: io.warn }
  try {
    return await retrain(model, settings, request, host)
  } finally {
    progress.end()
  }
}

/** Longest sleep: a machine that slept, or whose clock was set, notices within it that something has become due. */
const NAP = 30_000

/** Decision after decision, a document a line, until it is interrupted; one that fails is told of, and the next one comes in its time. */
async function goOn(every: Schedule, model: NamedModel, flags: Flags, settings: Settings, io: Io): Promise<Outcome> {
  const folder = championFolder(settings.out, model)
  let tried = readChampionship(folder)?.decisions.findLast(({ outcome }) => outcome !== 'rolled-back')?.at ?? null
  let hasFailed = false
  await interruptible(async (signal) => {
    while (!signal.aborted) {
      const now = Date.now()
      const due = dueAfter(every, tried, now)
      if (due > now) {
        await sleep(Math.max(1, Math.min(due - now, NAP)), undefined, { signal }).catch(() => undefined)
        continue
      }
      tried = now
      try {
        const decision = await once(model, flags, { kind: 'schedule' }, settings, io)
        hasFailed = false
        io.clear()
        process.stdout.write(`${JSON.stringify(decision ?? nothing(model, flags.onDrift!))}\n`)
      } catch (error) {
        if (error instanceof Interrupted) throw error
        hasFailed = true
        io.warn((error as Error).message)
      }
    }
  })
  return { json: null, text: '', isPrinted: true, code: hasFailed ? 1 : 130 }
}
