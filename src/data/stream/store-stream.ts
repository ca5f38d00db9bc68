import { barsBetween, closeTimeOf, openTimeOf } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { addBar } from '../collect/add-bar.ts'
import type { Hole } from '../collect/batch.ts'
import { storeBars } from '../collect/store-bars.ts'
import { within, without } from '../collect/stretches.ts'
import { Tail } from '../collect/tail.ts'
import { DataError } from '../data-error.ts'
import { RowBuffer } from '../rows.ts'
import type { Store } from '../store.ts'
import { findFault } from '../validate.ts'
import type { BarText } from '../venues/venue.ts'
import type { LiveEvent } from './live.ts'
import type { StreamClock } from './stream-clock.ts'

/** Bars wait in the tail for so long before they are folded into their months, ms. */
const FOLD_EVERY = 15 * 60_000

/**
 * The tails of several series: what a stream says is appended before anybody else hears of it, and folded into the months now and then.
 * A process that is killed loses nothing that it told; the next one folds it.
 */
export class StreamStore {
  readonly #store: Store
  readonly #tails: ReadonlyMap<string, Tail>
  readonly #clock: StreamClock
  readonly #onFault: (error: unknown) => void
  /** Holes that were told and are not in the manifest yet, by series, in order. */
  readonly #holes = new Map<Series, Hole[]>()
  #cancel: () => void = () => undefined
  #folding: Promise<void> = Promise.resolve()

  private constructor(
    store: Store,
    tails: ReadonlyMap<string, Tail>,
    clock: StreamClock,
    onFault: (error: unknown) => void,
  ) {
    this.#store = store
    this.#tails = tails
    this.#clock = clock
    this.#onFault = onFault
    this.#foldLater()
  }

  /**
   * @param onFault hears of a fold that failed; what could not be folded stays in its tail
   * @throws DataError where another process streams one of them
   */
  static async open(
    store: Store,
    series: readonly Series[],
    clock: StreamClock,
    onFault: (error: unknown) => void,
  ): Promise<StreamStore> {
    const tails = new Map<string, Tail>()
    try {
      for (const one of series) if (!tails.has(seriesName(one))) tails.set(seriesName(one), await Tail.open(store, one))
    } catch (error) {
      for (const tail of tails.values()) await tail.close()
      throw error
    }
    return new StreamStore(store, tails, clock, onFault)
  }

  /** Open time of the first bar of a series that is not stored; `null` where none is. */
  async next(series: Series): Promise<number | null> {
    const manifest = await this.#store.manifest(series)
    return manifest === null || manifest.rows === 0
      ? null
      : closeTimeOf(openTimeOf(manifest.to - 1, series.interval), series.interval)
  }

  /**
   * Keeps what an event says of a bar, if it does; a hole is noted in the manifest with the next fold.
   * @returns why a bar cannot be kept, `null` where all is well
   * @throws DataError where it cannot be written
   */
  keep(event: LiveEvent, at: number): string | null {
    if (event.kind === 'hole') this.#keepHole(event)
    const bar = barOf(event)
    if (bar === null || !('series' in event)) return null
    const why = impossible(bar, event.series, at)
    if (why === null) this.#tails.get(seriesName(event.series))!.append(bar, at)
    return why
  }

  /** Folds the rest, and lets others have the series. */
  async close(): Promise<void> {
    this.#cancel()
    await this.#folding
    await this.#fold()
    for (const tail of this.#tails.values()) await tail.close()
  }

  #foldLater(): void {
    this.#cancel = this.#clock.after(FOLD_EVERY, () => {
      this.#folding = this.#fold().then(() => this.#foldLater())
    })
  }

  async #fold(): Promise<void> {
    for (const tail of this.#tails.values())
      try {
        await tail.fold()
      } catch (error) {
        this.#onFault(error)
      }
    for (const [series, holes] of this.#holes)
      try {
        await this.#noteHoles(series, holes)
      } catch (error) {
        this.#onFault(error)
      }
  }

  #keepHole({ series, from, to, cause, why }: Extract<LiveEvent, { kind: 'hole' }>): void {
    // without a time, so that holes side by side are one
    const because = cause === 'horizon' ? why : 'the venue was asked twice while the series was streamed'
    const hole = { start: from, end: to, bars: barsBetween(from, to, series.interval), cause, because }
    const holes = this.#holes.get(series)
    if (holes === undefined) this.#holes.set(series, [hole])
    else holes.push(hole)
  }

  /** What somebody else has found out about a hole stays. */
  async #noteHoles(series: Series, told: Hole[]): Promise<void> {
    const manifest = await this.#store.manifest(series)
    // a series begins with its first bar
    if (manifest === null || manifest.rows === 0 || told.length === 0) return
    const holes = [...told]
    const { start, end } = { start: holes[0]!.start, end: holes.at(-1)!.end }
    const known = within(manifest.holes ?? [], [{ start, end }])
    const origin = `${series.venue} stream`
    const asked = { from: start, to: end, holes: [...without(holes, known), ...known] }
    await storeBars(this.#store, series, { rows: new RowBuffer(0), origin, at: this.#clock.now(), asked })
    told.splice(0, holes.length)
  }
}

/** A later statement of a bar takes the place of an earlier one; a bar that comes after its hole fills it. */
function barOf(event: LiveEvent): BarText | null {
  if (event.kind === 'bar' || event.kind === 'revised') return event.bar
  return event.kind === 'late' ? event.missed : null
}

/** Why a bar cannot be one: a venue that says so must not end the stream. */
function impossible(bar: BarText, { interval }: Series, at: number): string | null {
  const rows = new RowBuffer(1)
  try {
    addBar(rows, bar)
  } catch (error) {
    if (error instanceof DataError) return error.message
    throw error
  }
  const fault = findFault(rows, 0, interval, Math.max(at, bar.openTime))
  return fault === null ? null : `${fault.field} "${fault.value}" ${fault.reason}`
}
