import type { ContestFigure } from '../models/contest.ts'

/** What was decided of a model, with all that it was decided by. Times UTC ms. */
export interface RetrainDecision {
  readonly at: number
  readonly model: string
  /** `first`: there was no champion to beat. `kept`: the champion stays. `rolled-back`: the one before reigns again. */
  readonly outcome: 'first' | 'swapped' | 'kept' | 'rolled-back'
  /** One sentence. */
  readonly why: string
  /** What set it off: a person, a schedule, or the drift of a session. */
  readonly trigger: RetrainTrigger
  /** `null` where nothing was compared. */
  readonly contest: ContestResult | null
  /** sha256 of the model that reigns from now on, and of the one before, where another one did. */
  readonly champion: string
  readonly before: string | null
}

export type RetrainTrigger =
  | { readonly kind: 'asked' | 'schedule' }
  /** `alarm`: what went off, and `at` when, in the session's own time. */
  | { readonly kind: 'drift'; readonly session: string; readonly alarm: string; readonly at: number }

/** Two models on the same bars, which neither has learnt from. */
export interface ContestResult {
  readonly by: ContestFigure
  /** First and last of the bars, open times; `rows`: those of all series that were judged. */
  readonly window: { readonly from: number; readonly to: number; readonly rows: number }
  /** Log loss in nats, of which less is better; money in basis points a bar after costs, of which more is. */
  readonly champion: { readonly artifact: string; readonly figure: number; readonly learntTo: number }
  readonly challenger: { readonly artifact: string; readonly figure: number; readonly learntTo: number }
  /** By how much the challenger is better, with the interval of 90 % that its luck leaves; `null`: too few rows for one. */
  readonly better: number
  readonly interval: { readonly low: number; readonly high: number } | null
  /** What it has to be better by. */
  readonly margin: number
}
