/** Where a replay stands still. */
export interface Pause {
  /** `start` before the first bar; `open`: the open is public and met; `fill`: something inside the bar was filled; `close`: the bars of the instant have closed; `end`. */
  readonly at: 'start' | 'open' | 'fill' | 'path' | 'close' | 'end'
  /** The symbol that is being played; `null` between bars. */
  readonly symbol: string | null
  /** Replay time, UTC ms. */
  readonly time: number
}

/** Lets time pass between two points of a replay. */
export interface Pace {
  /**
   * @param due share of the instant's bars, from 0 to 1, at which the replay goes on
   * @param length of these bars, ms
   */
  pause(pause: Pause, due: number, length: number): Promise<void>
}

/** As fast as it goes: whoever has something to say comes to speak at every pause, and readers that lag are waited for. */
export class MaxPace implements Pace {
  readonly #isBehind: () => boolean
  readonly #signal: AbortSignal

  constructor(isBehind: () => boolean, signal: AbortSignal) {
    this.#isBehind = isBehind
    this.#signal = signal
  }

  async pause(): Promise<void> {
    await turn()
    while (this.#isBehind() && !this.#signal.aborted) await sleep(5, this.#signal)
  }
}

/** So many times real time. What a pause came late by is made up for by the next ones. */
export class TimedPace implements Pace {
  readonly #speed: number
  readonly #signal: AbortSignal
  #begun: number | null = null

  constructor(speed: number, signal: AbortSignal) {
    this.#speed = speed
    this.#signal = signal
  }

  async pause({ at }: Pause, due: number, length: number): Promise<void> {
    const now = performance.now()
    this.#begun ??= now
    const until = this.#begun + (due * length) / this.#speed
    if (at === 'close') this.#begun = Math.max(until, now - LATEST)
    if (until > now) await sleep(until - now, this.#signal)
    else await turn()
  }
}

/** What a replay is behind its time by at most, ms: beyond it time is lost instead of hurried after. */
const LATEST = 2000

/** Stands still until it is told to go on. */
export class StepPace implements Pace {
  #going: ((pause: Pause) => void) | null = null
  #waiting: (() => void) | null = null
  #last: Pause = { at: 'start', symbol: null, time: 0 }
  #isOver = false

  /** Whether it stands still until somebody steps. */
  get isWaiting(): boolean {
    return this.#waiting !== null
  }

  /** Where it stands. */
  get last(): Pause {
    return this.#last
  }

  pause(pause: Pause): Promise<void> {
    // prices of the path that nobody traded at are no place to stop
    if (pause.at === 'path' || this.#isOver) return turn()
    this.#last = pause
    this.#going?.(pause)
    this.#going = null
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** Goes on to the next pause, which it says; several at once go one after the other. */
  async step(): Promise<Pause> {
    while (this.#going !== null || (this.#waiting === null && !this.#isOver)) await turn()
    if (this.#isOver) return this.#last
    return new Promise((resolve) => {
      this.#going = resolve
      const waiting = this.#waiting!
      this.#waiting = null
      waiting()
    })
  }

  /** The replay is over: whoever waits is told, nobody is held up any more. */
  end(time: number): void {
    this.#isOver = true
    this.#last = { at: 'end', symbol: null, time }
    this.#going?.(this.#last)
    this.#going = null
    this.#waiting?.()
    this.#waiting = null
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
