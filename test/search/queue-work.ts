import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../src/core/random.ts'
import { RETURN_BLOCKS, type Trial, type TrialOutcome } from '../../src/core/search.ts'
import { StrategyError } from '../../src/engine/index.ts'
import type { Manifest, TrialBackend } from '../../src/search/backend.ts'
import { Refusal } from '../../src/search/queue/refusal.ts'

/** What the made-up trials of the queue's tests do. */
export interface MadeWork {
  readonly seed: number
  /** How long a trial takes, ms. */
  readonly ms: number
  /** Trials that kill their worker, or throw in it. */
  readonly kills?: readonly number[]
  readonly throws?: readonly number[]
  /** Trials behind which the strategy throws when nobody waits for it any more. */
  readonly strays?: readonly number[]
  /** Comes to something else each time. */
  readonly isRandom?: boolean
}

/** A pure function of manifest and trial, with numbers that JSON alone would lose. */
export function expectedOutcome(manifest: Manifest, { number, params }: Trial): TrialOutcome {
  const { seed } = manifest['work'] as MadeWork
  const random = seededRandom(seed * 1_000_003 + number)
  const numbers = Array.from({ length: RETURN_BLOCKS }, () => random() - 0.5)
  return {
    ...{ number, status: 'done', objective: numbers[0]! * Number(params['fast']), reason: null },
    metrics: { sharpe: numbers[1]!, trades: number, none: null, zero: -0 },
    returns: {
      ...{ from: 0, days: 400, mean: numbers[2]!, deviation: 1 / 3, skew: -1e-300, kurtosis: 5e-324 },
      ...{ sums: numbers, squares: numbers.map((value) => value * value) },
    },
  }
}

/** What a worker opens that has this code; it says `start N` and `done N` of its trials. */
export function madeTrials(code: string, say: (word: string) => void) {
  return async (manifest: Manifest): Promise<TrialBackend> => {
    if (manifest.code !== code) throw new Refusal(`code is ${code} here, the sweep has ${manifest.code}`)
    const work = manifest['work'] as MadeWork
    return {
      async run(trials, tell, signal) {
        for (const trial of trials) {
          say(`start ${trial.number}`)
          if (work.kills?.includes(trial.number)) process.kill(process.pid, 'SIGKILL')
          await sleep(work.ms, undefined, { signal })
          if (work.throws?.includes(trial.number)) throw new Error(`out of luck in trial ${trial.number}`)
          const outcome = expectedOutcome(manifest, trial)
          tell(work.isRandom ? { ...outcome, objective: performance.now() + process.pid } : outcome)
          say(`done ${trial.number}`)
          if (work.strays?.includes(trial.number)) throw new StrategyError(`left behind by trial ${trial.number}`)
        }
      },
      close: async () => {},
    }
  }
}
