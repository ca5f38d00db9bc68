import { closeTimeOf, intervalMs } from '../../core/interval.ts'
import { parseSeries } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { ReplayState } from '../../data/serve/replay-header.ts'
import type { StreamClock } from '../../data/stream/stream-clock.ts'
import { type Alarm, feedStands } from './alarm.ts'
import type { FeedEvent } from './feed.ts'
import type { SessionFile } from './session-file.ts'
import { lapse, type Waiting, waitText } from './waiting.ts'

/** Looks so often, ms. */
const EVERY = 1000
/** A wait that is shorter is none to speak of, ms. */
const SHORT = 3000
/** The first one is worth a line of the log after this, others after that and never before a bar could be there, ms. */
const [FIRST, LATER] = [5000, 30_000]
/** The time of an exchange stands for so long before that is an alarm, and never before a bar could be there, ms. */
const STANDS = 180_000
/** What is missing of a replay that is over is waited for so long, ms. */
const LAST = 30_000

/** What a simulated exchange says of its replay. */
export interface ReplayThere {
  /** As it was said last; `null`: it says nothing of the kind. */
  state(): ReplayState | null
  /** Asks now. */
  ask(): Promise<ReplayState | null>
  /** Which exchange was asked first, as it says; `null`: it does not say so. */
  readonly begun?: string | null
  /** Asks whether it is still the one that was asked first; `null`: nobody says so, now. */
  isSame?(): Promise<boolean | null>
  /** Resolves once another answers than was asked first: it has begun anew. */
  readonly another?: Promise<void>
}

interface WaitWatchOptions {
  readonly file: SessionFile
  /** That of the bars. */
  readonly clock: StreamClock
  /** This machine's. */
  readonly real: StreamClock
  /** Open time of the next bar of a slot. */
  readonly next: (slot: number) => number
  /** Of a replay of this session's own: how much faster than life. */
  readonly speed: number | 'max'
  readonly replay: ReplayThere | null
  /** What a person types to end this session. */
  readonly stop: string
  readonly log: (level: 'info' | 'warn', text: string) => void
  readonly onStands: (alarm: Alarm) => void
  /** Hears what that alarm stood for. */
  readonly onMoves: (stands: string) => void
}

/**
 * What a session waits for while no bar comes: it is shown, said once in the log, and of a simulated exchange whose replay is over it is
 * known that nothing more comes. Bars of an exchange that stands still would be waited for forever otherwise, in its own time.
 */
export class WaitWatch {
  readonly #options: WaitWatchOptions
  readonly #up = new Set<string>()
  #cancel: () => void = () => undefined
  #onEnd: () => void = () => undefined
  #phase: 'broker' | 'feed' | 'off' = 'off'
  #isFirst = true
  /** The last bar, or the beginning, by our clock. */
  #since = 0
  #isSaid = false
  /** When the market's time moved last, and what it was. */
  #moved = { here: 0, there: Number.NaN }
  #isStanding = false
  /** Since when nothing more can come. */
  #overSince: number | null = null

  constructor(options: WaitWatchOptions) {
    this.#options = options
  }

  /** The broker is being opened. @param onEnd told when nothing more comes */
  start(onEnd: () => void): void {
    this.#onEnd = onEnd
    this.#phase = 'broker'
    this.#since = this.#options.real.now()
    this.#moved = { here: this.#since, there: this.#options.clock.now() }
    if (this.#options.file.mode.kind === 'live' || this.#options.speed !== 'max') this.#later()
  }

  /** From now on bars are waited for. */
  opened(): void {
    this.#phase = 'feed'
    this.#since = this.#options.real.now()
    this.#isSaid = false
  }

  stop(): void {
    this.#phase = 'off'
    this.#cancel()
  }

  hear(event: FeedEvent): void {
    if (event.kind === 'connected') this.#up.add(event.venue)
    else if (event.kind === 'disconnected') this.#up.delete(event.venue)
    else if (event.kind === 'instant') {
      const { real, log } = this.#options
      const now = real.now()
      if (this.#isSaid) log('info', `bars come: that of ${timeName(event.at)} after ${lapse(now - this.#since)}`)
      this.#since = now
      this.#isSaid = false
      this.#isFirst = false
    }
  }

  /** Whether silence is the end of a replay: asked for anew, since it may have ended a moment ago. */
  async isOver(): Promise<boolean> {
    const { replay } = this.#options
    return replay !== null && (await replay.ask().catch(() => null))?.word === 'ended'
  }

  /** `null` while bars come, and where none is waited for. */
  get waiting(): Waiting | null {
    const { real } = this.#options
    const now = real.now()
    if (this.#phase === 'off' || (this.#phase === 'feed' && now - this.#since < SHORT)) return null
    const reason = this.#reason()
    return { reason, since: this.#since, text: this.#text(reason, now) }
  }

  #reason(): Waiting['reason'] {
    const { file, replay } = this.#options
    if (this.#phase === 'broker') return 'broker'
    const word = replay?.state()?.word
    if (word === 'ended') return 'end'
    if (file.mode.kind === 'live' && this.#away() !== undefined) return 'connection'
    if (word === 'waits') return 'step'
    return this.#isStanding ? 'stands' : 'bar'
  }

  /** A venue that there is no connection to (yet). */
  #away(): string | undefined {
    return this.#options.file.slots.map(({ series }) => parseSeries(series).venue).find((venue) => !this.#up.has(venue))
  }

  #text(reason: Waiting['reason'], now: number): string {
    const { file, clock, next } = this.#options
    const bars = file.slots.map(({ series }, slot) => {
      const opens = next(slot)
      return { series, opens, closes: closeTimeOf(opens, parseSeries(series).interval) }
    })
    const closes = Math.min(...bars.map((one) => one.closes))
    const soonest = bars.filter((one) => one.closes === closes)
    const isThere = clock.here !== undefined
    return waitText({
      ...{ reason, closes, opens: soonest[0]!.opens, series: soonest.map(({ series }) => series) },
      place: isThere || reason === 'broker' ? file.broker : (this.#away() ?? file.broker),
      ...{ waited: now - this.#since, isFirst: this.#isFirst, timeThere: isThere ? clock.now() : null },
    })
  }

  #later(): void {
    this.#cancel = this.#options.real.after(EVERY, () => {
      this.#lookAtTime()
      this.#say()
      this.#lookForEnd()
      if (this.#phase !== 'off') this.#later()
    })
  }

  /** The shortest time in which the next bar comes if all is well, ms by our clock. */
  #barLength(): number {
    const { file, speed, replay, clock } = this.#options
    const shortest = Math.min(...file.slots.map(({ series }) => intervalMs(parseSeries(series).interval)))
    if (file.mode.kind === 'replay') return speed === 'max' ? 0 : shortest / speed
    const there = replay?.state() ?? null
    if (clock.here === undefined || there === null || there.word === 'live') return shortest
    return there.speed === null ? 0 : shortest / there.speed
  }

  #say(): void {
    const waiting = this.waiting
    if (this.#isSaid || waiting === null) return
    const { real, log } = this.#options
    const waited = real.now() - waiting.since
    if (waited < (this.#isFirst ? FIRST : Math.max(LATER, LATER + this.#barLength()))) return
    this.#isSaid = true
    log('info', waiting.text)
  }

  #lookAtTime(): void {
    const { clock, real, replay, stop, onStands, onMoves, file } = this.#options
    if (clock.here === undefined) return
    const [here, there] = [real.now(), clock.now()]
    const word = replay?.state()?.word
    const stands = feedStands('market-stands')
    if (there !== this.#moved.there) {
      this.#moved = { here, there }
      if (this.#isStanding) onMoves(stands)
      this.#isStanding = false
      return
    }
    const stood = here - this.#moved.here
    // that it stands is said otherwise then
    if (this.#isStanding || word === 'waits' || word === 'ended') return
    if (stood < Math.max(STANDS, 2 * this.#barLength())) return
    this.#isStanding = true
    const text = `the time of ${file.broker} stands at ${timeName(there)} for ${lapse(stood)}: its replay has ended or is held, or nobody answers there. While it stands no bar comes; ${stop} ends this session`
    onStands({ at: there, kind: 'market-stands', severity: 'warning', text, facts: { there, stood }, stands })
  }

  /** What the replay has played is heard a moment later than that it is over, on another connection. */
  #lookForEnd(): void {
    const { real, clock, replay, next, file, log } = this.#options
    if (this.#phase !== 'feed' || replay?.state()?.word !== 'ended') return
    const now = real.now()
    const isSeen = this.#overSince !== null
    this.#overSince ??= now
    const missing = file.slots.filter(
      ({ series }, slot) => closeTimeOf(next(slot), parseSeries(series).interval) <= clock.now(),
    )
    if (!isSeen || (missing.length > 0 && now - Math.max(this.#overSince, this.#since) < LAST)) return
    const lacks = missing.map(({ series }) => series).join(', ')
    log(
      missing.length > 0 ? 'warn' : 'info',
      `the replay of ${file.broker} is over, at ${timeName(clock.now())}: the session ends${missing.length > 0 ? `, though its last bars of ${lacks} have not come` : ''}`,
    )
    this.#phase = 'off'
    this.#onEnd()
  }
}
