import { closeTimeOf } from '../../core/interval.ts'
import { parseSeries } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { StreamClock } from '../../data/stream/stream-clock.ts'
import { type Alarm, feedStands } from './alarm.ts'
import type { SessionFile } from './session-file.ts'

/** Looks so often, ms. */
const EVERY = 1000
/** The clock may be set by so much at once without a word, ms: a time service slews smaller steps. */
const JUMP = 2000
/** Orders, position and balance are compared with the exchange's so often, ms. */
const RECONCILE = 60_000

interface LiveWatchOptions {
  /** That of the bars. */
  readonly clock: StreamClock
  /** This machine's. */
  readonly real: StreamClock
  readonly monotonic: () => number
  readonly file: SessionFile
  /** Open time of the next bar of a slot. */
  readonly next: (slot: number) => number
  readonly onStale: (alarm: Alarm) => void
  /** Hears what an alarm of it stood for. */
  readonly onFresh: (stands: string) => void
  readonly onJump: (alarm: Alarm, by: number) => void
  readonly reconcile: () => Promise<void>
  readonly onFault: (error: unknown) => void
}

/** What a live session looks after by the clock: bars that do not come, a clock that was set, and the minute's reconciliation. */
export class LiveWatch {
  readonly #options: LiveWatchOptions
  /** Bars of these series are overdue, and that has been told. */
  readonly #stale = new Set<number>()
  #cancel: () => void = () => undefined
  #since = 0
  /** The wall clock less the one that nobody sets. */
  #offset = 0
  #reconciled = 0
  #isReconciling = false

  constructor(options: LiveWatchOptions) {
    this.#options = options
  }

  start(): void {
    const { clock, real, monotonic } = this.#options
    this.#since = clock.now()
    this.#reconciled = real.now()
    this.#offset = real.now() - monotonic()
    this.#later()
  }

  stop(): void {
    this.#cancel()
  }

  #later(): void {
    this.#cancel = this.#options.real.after(EVERY, () => {
      this.#lookAtClock()
      this.#lookAtBars()
      this.#reconcile()
      this.#later()
    })
  }

  #lookAtClock(): void {
    const { clock, real, monotonic, onJump } = this.#options
    const at = real.now()
    const by = at - monotonic() - this.#offset
    if (Math.abs(by) < JUMP) return
    this.#offset += by
    const text = `the clock of this machine jumped by ${(by / 1000).toFixed(1)} s; bars are judged by the venue's`
    onJump({ at: clock.now(), kind: 'clock-jump', severity: 'warning', text, facts: { by } }, by)
  }

  #lookAtBars(): void {
    const { clock, file, next, onStale, onFresh } = this.#options
    const { stale } = file.safety
    if (stale === null) return
    const at = clock.now()
    for (const [slot, { series }] of file.slots.entries()) {
      const due = closeTimeOf(next(slot), parseSeries(series).interval)
      const waited = at - Math.max(due, this.#since)
      const stands = feedStands(`stale-data ${series}`)
      if (waited < stale) {
        if (this.#stale.delete(slot)) onFresh(stands)
      } else if (!this.#stale.has(slot)) {
        this.#stale.add(slot)
        const text = `${series}: no bar for ${Math.round(waited / 1000)} s after the one that closed at ${timeName(due)} was due`
        const facts = { series, due, waited, allowed: stale }
        onStale({ at, kind: 'stale-data', severity: 'critical', text, facts, stands })
      }
    }
  }

  #reconcile(): void {
    const { real, reconcile, onFault } = this.#options
    if (this.#isReconciling || real.now() - this.#reconciled < RECONCILE) return
    this.#isReconciling = true
    this.#reconciled = real.now()
    reconcile()
      .catch(onFault)
      .finally(() => {
        this.#isReconciling = false
      })
  }
}
