import { setImmediate as handedOn } from 'node:timers/promises'
import { type Random, seededRandom } from '../../core/random.ts'
import {
  type Answer,
  type Ask,
  type VenueApi,
  VenueContentError,
  type VenueFault,
  type VenueHttp,
} from '../venues/venue.ts'
import { complaint, wordsIn } from './complaint.ts'
import { type HttpClock, WALL_CLOCK } from './http-clock.ts'
import { keepPause, keptPause } from './kept-pauses.ts'
import { type Caller, type Limiter, limiterOf, type Pause } from './limiter.ts'
import { backOff, pauseFor, strange, type Verdict, verdictOf } from './retry.ts'
import { type Outcome, send } from './send.ts'
import type { VenueError, Wait } from './venue-error.ts'

export interface HttpOptions {
  /** Asked instead of the venue's own address. */
  readonly origin?: string
  /** ms for the whole work, from the opening on; `PATIENCE` unless told. */
  readonly patience?: number
  /** Told why nothing is asked for a while. */
  readonly onWait?: (wait: Wait) => void
  readonly signal?: AbortSignal
  /** Asks as fast as answers come; what the venue itself says is minded all the same. */
  readonly isUnlimited?: boolean
  readonly clock?: HttpClock
  /** File in which bans and long limits are kept for the processes that come. */
  readonly pauses?: string
  /** ms for one request; 30 s unless told. */
  readonly timeout?: number
  /** Seed of the chance in waits. */
  readonly seed?: number
}

/** Of a piece of work, unless told. */
export const PATIENCE = 6 * 3_600_000
const TIMEOUT = 30_000
/** Shorter waits are nobody's business. */
const WORTH_TELLING = 1000

/** The client of one venue, for one piece of work; all of a process share the venue's limiter. */
export function openVenueHttp(api: VenueApi, options: HttpOptions): VenueHttp {
  return new Client(api, options)
}

class Client implements VenueHttp {
  readonly api: VenueApi
  readonly #origin: string
  /** Of whom the allowance is. */
  readonly #name: string
  readonly #limiter: Limiter
  readonly #clock: HttpClock
  readonly #random: Random
  readonly #options: HttpOptions
  readonly #deadline: number
  #told = 0

  constructor(api: VenueApi, options: HttpOptions) {
    this.api = api
    this.#options = options
    this.#origin = options.origin ?? api.origin
    this.#name = `${api.venue} ${this.#origin}`
    this.#limiter = limiterOf(this.#name, api.limits)
    this.#clock = options.clock ?? WALL_CLOCK
    const kept = options.pauses === undefined ? null : keptPause(options.pauses, this.#name, this.#clock.now())
    if (kept !== null) this.#limiter.pause(kept)
    this.#deadline = this.#clock.now() + (options.patience ?? PATIENCE)
    this.#random = seededRandom(options.seed ?? this.#clock.now())
  }

  async get<T>(ask: Ask, check: (answer: Answer) => T, signal?: AbortSignal): Promise<T> {
    const errand = { ask, check, signal: either(signal, this.#options.signal) }
    for (let attempt = 1; ; attempt++) {
      const judged = await this.#attempt(errand)
      if ('value' in judged) return judged.value
      const { verdict } = judged
      if (verdict.act === 'stop' || attempt >= verdict.attempts) throw this.#complain(ask, judged)
      if (verdict.act === 'again') await this.#waitToRetry(errand, judged, attempt)
    }
  }

  /** Waits for its turn, asks once, and judges what came. */
  async #attempt<T>({ ask, check, signal }: Errand<T>): Promise<Judged | { readonly value: T }> {
    const { api } = this
    const giveBack = await this.#limiter.take(ask.weight, this.#caller(ask, signal))
    try {
      const sentAt = this.#clock.now()
      const left = this.#deadline - sentAt
      if (left <= 0) throw this.#tooLate(ask)
      const sent = ask.sign === undefined ? ask : { ...ask, ...ask.sign() }
      const outcome = await send(this.#origin + pathOf(sent), {
        headers: sent.headers,
        timeout: Math.min(this.#options.timeout ?? TIMEOUT, left),
        signal,
        clock: this.#clock,
      })
      const isAnswer = outcome.kind === 'answer'
      if (isAnswer) this.#hear(outcome.answer)
      const fault =
        isAnswer && !ask.isFile && !isList(outcome.answer) ? api.fault(outcome.status, outcome.answer.body) : null
      const verdict = verdictOf(outcome, fault, this.#clock.now())
      if (verdict !== null) return this.#judge(ask, { verdict, outcome, fault }, sentAt)
      if (!isAnswer) throw new Error(`${outcome.kind} passed for an answer`)
      this.#limiter.answered(sentAt)
      // the venue has done its part: whoever waits for this place asks before the answer is read
      giveBack()
      await handedOn()
      try {
        return { value: check(outcome.answer) }
      } catch (problem) {
        if (!(problem instanceof VenueContentError)) throw problem
        return { verdict: strange(problem.message), outcome, fault }
      }
    } finally {
      giveBack()
    }
  }

  /** A limit or a ban is everybody's, before the next request of anybody leaves. */
  #judge(ask: Ask, judged: Judged, sentAt: number): Judged {
    const { verdict } = judged
    if (verdict.act !== 'pause') return judged
    const reason = verdict.kind === 'banned' ? 'banned' : 'limit'
    const { status, code, said } = this.#factsOf(ask, judged)
    const wait = pauseFor(reason, verdict.wait, this.#limiter.refused(reason, sentAt))
    const now = this.#clock.now()
    const pause = { reason, until: now + wait, why: verdict.why, status, code, said } as const
    this.#limiter.pause(pause)
    if (this.#options.pauses !== undefined) keepPause(this.#options.pauses, this.#name, pause, now)
    return judged
  }

  #hear({ headers }: Answer): void {
    const { usedHeader } = this.api.limits
    const used = usedHeader === null ? Number.NaN : Number(headers[usedHeader])
    if (used > 0) this.#limiter.heard(used, this.#clock.now())
  }

  #caller(ask: Ask, signal: AbortSignal | undefined): Caller {
    const { isUnlimited = false } = this.#options
    return {
      clock: this.#clock,
      signal,
      isUnlimited,
      onWait: (pause) => {
        if (pause.until > this.#deadline) throw this.#impatient(ask, pause)
        if (pause.until > this.#told) this.#tell({ ...pause, for: pause.until - this.#clock.now() }, pause.until)
      },
    }
  }

  async #waitToRetry({ ask, signal }: Errand<unknown>, judged: Judged, attempt: number): Promise<void> {
    const { verdict } = judged
    const wait = Math.max(backOff(attempt, this.#random), verdict.wait ?? 0)
    if (this.#clock.now() + wait > this.#deadline) {
      // what was left of the time after a limit may have been too short for an answer
      const { outcome } = judged
      const isTimeout = outcome.kind === 'network' && outcome.code === 'timeout'
      const isCut = isTimeout && this.#limiter.lastRefusal !== null
      if (isCut) throw this.#tooLate(ask)
      const left = Math.max(0, this.#deadline - this.#clock.now())
      const next = `asked ${attempt === 1 ? 'once' : `${attempt} times`}; the next time would be in ${inSeconds(wait)}, and ${inSeconds(left)} of what was to be waited are left`
      throw this.#complain(ask, {
        ...judged,
        verdict: { ...verdict, kind: 'patience', why: `${verdict.why}, ${next}` },
      })
    }
    this.#tell({ reason: 'retry', why: `${shownPath(ask)}: ${verdict.why}`, for: wait }, this.#told)
    await this.#clock.sleep(wait, signal)
  }

  /** Once for all who wait for the same. */
  #tell({ reason, why, for: ms }: Omit<Wait, 'venue'>, until: number): void {
    if (ms < WORTH_TELLING) return
    this.#told = until
    this.#options.onWait?.({ venue: this.api.venue, reason, why, for: ms })
  }

  #impatient(ask: Ask, pause: Pause): VenueError {
    const kind = pause.reason === 'allowance' ? 'patience' : pause.reason
    const { status, code, said } = pause
    const until = pause.until > this.#clock.now() ? pause.until : null
    return complaint(pause.why, { kind, venue: this.api.venue, path: shownPath(ask), status, code, said, until })
  }

  /** A limit or ban that was waited for, and left no time, is the reason. */
  #tooLate(ask: Ask): VenueError {
    const refusal = this.#limiter.lastRefusal
    if (refusal !== null) return this.#impatient(ask, refusal)
    const facts = { venue: this.api.venue, path: shownPath(ask), status: null, code: null, said: null, until: null }
    return complaint('the time for all of it was over before its turn came', { ...facts, kind: 'patience' })
  }

  #complain(ask: Ask, judged: Judged): VenueError {
    return complaint(judged.verdict.why, { ...this.#factsOf(ask, judged), kind: judged.verdict.kind, until: null })
  }

  #factsOf(ask: Ask, { outcome, fault }: Judged) {
    return {
      venue: this.api.venue,
      path: shownPath(ask),
      status: 'status' in outcome ? outcome.status : null,
      code: fault?.code ?? null,
      said: fault?.message ?? ('answer' in outcome ? wordsIn(outcome.status, outcome.answer) : null),
    }
  }
}

interface Errand<T> {
  readonly ask: Ask
  readonly check: (answer: Answer) => T
  readonly signal: AbortSignal | undefined
}

interface Judged {
  readonly verdict: Verdict
  readonly outcome: Outcome
  readonly fault: VenueFault | null
}

const LIST = '['.charCodeAt(0)

/** No venue says what is wrong in a list, and most lists are long: they need not become text for that. */
function isList({ bytes }: Answer): boolean {
  return bytes?.[0] === LIST
}

function either(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one === undefined || other === undefined ? (one ?? other) : AbortSignal.any([one, other])
}

function pathOf({ path, query }: Ask): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? path : `${path}?${text}`
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** As messages have it: a signature is nobody's business. */
function shownPath({ path, query, weight }: Ask): string {
  const { signature, ...shown } = query
  return pathOf({ path, query: signature === undefined ? query : shown, weight })
}
