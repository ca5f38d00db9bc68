import type { Limits } from '../venues/venue.ts'
import type { HttpClock } from './http-clock.ts'
import type { Wait } from './venue-error.ts'

/** Who waits for a turn. */
export interface Caller {
  readonly clock: HttpClock
  readonly signal?: AbortSignal
  /** The allowance is not minded; what the venue itself says is. */
  readonly isUnlimited: boolean
  /** Told when a turn takes longer than a second to come. May throw: then nothing is waited for. */
  onWait(wait: Pause): void
}

/** Why nothing is asked, and until when, UTC ms. */
export interface Pause {
  readonly reason: Exclude<Wait['reason'], 'retry'>
  readonly until: number
  readonly why: string
  /** Of the answer that says so. */
  readonly status: number | null
  readonly code: string | null
  readonly said: string | null
}

/** Requests leave at one distance and arrive at another: a window is taken as so much longer than the venue says. */
const MARGIN = 1.02

/**
 * A venue's allowance, shared by all who ask it from this process: turns come in the order in which they are asked for, no more weight in
 * any window than the venue allows, no more requests underway than it likes, and none while it wants to be left alone.
 */
export class Limiter {
  readonly #limits: Limits
  readonly #window: number
  /** What was sent in the last window, oldest first. */
  readonly #sent: { readonly at: number; readonly weight: number }[] = []
  #used = 0
  #underway = 0
  #line: Promise<void> = Promise.resolve()
  #onReturn: (() => void) | null = null
  #pause: Pause | null = null
  #refusals = { reason: '', inARow: 0 }

  constructor(limits: Limits) {
    this.#limits = limits
    this.#window = limits.window * MARGIN
  }

  /** Waits for a turn. @returns what gives it back, when the answer is there or will not come; once, however often it is called */
  async take(weight: number, caller: Caller): Promise<() => void> {
    const before = this.#line
    let next = () => {}
    this.#line = new Promise((resolve) => {
      next = resolve
    })
    try {
      await unlessAborted(before, caller.signal)
    } catch (problem) {
      // those behind do not wait for one who has gone
      before.then(next)
      throw problem
    }
    try {
      while (this.#underway >= this.#limits.parallel)
        await unlessAborted(new Promise<void>((resolve) => (this.#onReturn = resolve)), caller.signal)
      for (let pause = this.#inTheWay(weight, caller); pause !== null; pause = this.#inTheWay(weight, caller)) {
        caller.onWait(pause)
        await caller.clock.sleep(pause.until - caller.clock.now(), caller.signal)
      }
      caller.signal?.throwIfAborted()
      this.#enter(caller.clock.now(), weight)
      this.#underway++
    } finally {
      next()
    }
    let isOut = true
    return () => {
      if (!isOut) return
      isOut = false
      this.#underway--
      this.#onReturn?.()
    }
  }

  /** Nothing is asked until then. Who is told of a longer pause keeps to it. */
  pause(pause: Pause): void {
    if (this.#pause === null || pause.until > this.#pause.until) this.#pause = pause
  }

  /**
   * The venue refuses what was sent then.
   * @returns how often it has in a row, for this reason; what was sent before the last pause was over is one with it
   */
  refused(reason: Pause['reason'], sentAt: number): number {
    if (reason !== this.#refusals.reason) this.#refusals = { reason, inARow: 1 }
    else if (!this.#isPaused(sentAt)) this.#refusals.inARow++
    return this.#refusals.inARow
  }

  /** The venue answers what was sent then as it should. */
  answered(sentAt: number): void {
    if (!this.#isPaused(sentAt)) this.#refusals = { reason: '', inARow: 0 }
  }

  /** The last that was heard of the venue, where that was a refusal. */
  get lastRefusal(): Pause | null {
    return this.#refusals.inARow > 0 ? this.#pause : null
  }

  #isPaused(now: number): boolean {
    return this.#pause !== null && this.#pause.until > now
  }

  /** The venue says how much has been used: others at this address ask it too. */
  heard(used: number, now: number): void {
    this.#forget(now)
    if (used > this.#used) this.#enter(now, used - this.#used)
  }

  #enter(at: number, weight: number): void {
    this.#sent.push({ at, weight })
    this.#used += weight
  }

  #forget(now: number): void {
    let gone = 0
    while (gone < this.#sent.length && this.#sent[gone]!.at + this.#window <= now)
      this.#used -= this.#sent[gone++]!.weight
    if (gone > 0) this.#sent.splice(0, gone)
  }

  /** What keeps a request of this weight from being sent now; `null`: nothing does. */
  #inTheWay(weight: number, { clock, isUnlimited }: Caller): Pause | null {
    const now = clock.now()
    if (this.#isPaused(now)) return this.#pause
    this.#forget(now)
    const { weight: most, window } = this.#limits
    if (isUnlimited || this.#used + weight <= most || this.#sent.length === 0) return null
    let free = most - this.#used
    let leaving = 0
    while (leaving < this.#sent.length - 1 && free + this.#sent[leaving]!.weight < weight)
      free += this.#sent[leaving++]!.weight
    const why = `${this.#used} of the ${most} it allows in ${window / 1000} s are used`
    const until = Math.ceil(this.#sent[leaving]!.at + this.#window)
    return { reason: 'allowance', until, why, status: null, code: null, said: null }
  }
}

/** @throws what the signal says, as soon as it does */
async function unlessAborted(wanted: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return wanted
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<void>((resolve) => {
    stop = resolve
    signal.addEventListener('abort', stop)
  })
  await Promise.race([wanted, aborted])
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
}

const limiters = new Map<string, Limiter>()

/** The one limiter of a venue at an address in this process; a mirror has an allowance of its own. */
export function limiterOf(name: string, limits: Limits): Limiter {
  let limiter = limiters.get(name)
  if (limiter === undefined) {
    limiter = new Limiter(limits)
    limiters.set(name, limiter)
  }
  return limiter
}
