import type { RunEvent } from '../../core/event.ts'
import { closeTimeOf } from '../../core/interval.ts'
import type { EngineResult } from '../../core/run.ts'
import { parseSeries, type Series } from '../../core/series.ts'
import type { Strategy } from '../../engine/index.ts'
import { LiveFeatures } from './drift-features.ts'
import { LiveRun, PAUSES } from './live-run.ts'
import type { BrokerNote } from './paper-broker.ts'
import type { PreparedSession } from './paper-request.ts'
import { runOptions } from './prepare-session.ts'
import { type Breach, type SafetyRule, SafetyWatch } from './safety.ts'
import type { SessionFile, WarmSlot } from './session-file.ts'
import { barOf, type JournalRecord } from './session-record.ts'

interface Counters {
  bars: number
  fills: number
  rejected: number
}

/** What an input came to. */
export interface Taken {
  readonly events: readonly RunEvent[]
  readonly breaches: readonly Breach<SafetyRule | 'not-taken'>[]
}

const NOTHING: Taken = { events: [], breaches: [] }

/**
 * All that a session's journal says, taken record by record: the same records come to the same state, in the process that wrote them
 * and in the one that goes on after it. Reads no clock and no file.
 */
export class SessionState {
  readonly run: LiveRun
  /** What the broker has noted, oldest first; empty once it is up. */
  readonly notes: BrokerNote[] = []
  #keepsNotes = true
  /** What its models have been shown lately. */
  readonly features: LiveFeatures
  readonly counters: Counters = { bars: 0, fills: 0, rejected: 0 }
  /** Open time of each series' last bar; `null` before its first. */
  readonly lastBars: (number | null)[]
  /** Whether nothing may be opened. */
  isHalted = false
  /** Whether it is paused because it was stopped, or catches up: that is lifted when it goes on, and no other halt is. */
  isPausedBy: string | null = null
  /** Nothing comes any more: what it came to in the end. */
  final: EngineResult | null = null
  readonly #watch: SafetyWatch
  readonly #file: SessionFile

  constructor(file: SessionFile, strategy: Strategy, warm: readonly WarmSlot[], beside: PreparedSession['beside']) {
    this.#file = file
    this.run = new LiveRun(runOptions(file, strategy, warm, beside))
    this.features = new LiveFeatures(
      this.run,
      file.slots.map(({ series }) => series),
    )
    this.lastBars = file.slots.map(() => null)
    this.#watch = new SafetyWatch(file.safety, this.run.account().equity)
  }

  /** @throws StrategyError where the strategy's code failed, as it did the first time */
  take(record: JournalRecord): Taken {
    switch (record.kind) {
      case 'bars':
        return this.#bars(record)
      case 'told':
        return this.#told(record)
      case 'command':
        return this.#command(record)
      case 'broker':
        if (this.#keepsNotes) this.notes.push(record)
        return NOTHING
      case 'ended': {
        const before = this.run.events.length
        this.final = this.run.finish()
        return { events: this.run.events.slice(before), breaches: [] }
      }
      default:
        return NOTHING
    }
  }

  /** The broker has read its notes and knows them: those to come are for the next process, which has them from the journal. */
  forgetNotes(): void {
    this.#keepsNotes = false
    this.notes.length = 0
  }

  /** What it has come to so far, or in the end. */
  result(): EngineResult {
    return this.final ?? this.run.result()
  }

  seriesOf(slot: number): Series {
    return parseSeries(this.#file.slots[slot]!.series)
  }

  /** Open time of the bar of a series that comes next: of bars that were passed over none comes any more. */
  nextOf(slot: number): number {
    const { interval } = this.seriesOf(slot)
    const last = this.lastBars[slot]!
    let next = last === null ? this.#file.from : closeTimeOf(last, interval)
    while (closeTimeOf(next, interval) <= this.run.at) next = closeTimeOf(next, interval)
    return next
  }

  #bars({ at, bars, funding = [] }: Extract<JournalRecord, { kind: 'bars' }>): Taken {
    for (const one of funding) this.run.take({ kind: 'funding', ...one })
    const own = bars.map(barOf)
    const events = this.run.take({ kind: 'bars', at, bars: own })
    for (const { slot, openTime } of own) {
      this.lastBars[slot] = openTime
      this.features.take(slot)
    }
    this.counters.bars += own.length
    return this.#judged(events)
  }

  /** What the engine cannot take becomes a halt: an error would come at every start, for the record is written. */
  #told(record: Extract<JournalRecord, { kind: 'told' }>): Taken {
    const { told } = record
    const text = this.run.whyNot(told)
    if (text === null) return this.#judged(this.run.take(record))
    const events = this.run.take({ kind: 'command', at: told.at, command: 'halt', why: text })
    this.#note(events)
    return { events, breaches: [{ rule: 'not-taken', text, facts: { symbol: told.symbol, told: told.kind } }] }
  }

  #command({ at, command, why, by }: Extract<JournalRecord, { kind: 'command' }>): Taken {
    const isPause = PAUSES.includes(by)
    // one pauses at a time, and only he lifts it
    if (isPause && this.isPausedBy !== (command === 'resume' ? by : null)) return NOTHING
    const events = this.run.take({ kind: 'command', at, command, why, by })
    this.#note(events)
    if (isPause) this.isPausedBy = command === 'resume' ? null : by
    else if (command === 'resume') this.#watch.resumed(this.run.account().equity)
    return { events, breaches: [] }
  }

  /** Rules of safety act at once and in the same record, wherever it is taken: a journal that is read again needs no word of them. */
  #judged(events: readonly RunEvent[]): Taken {
    this.#note(events)
    const { safety } = this.#file
    if (safety.maxLoss === null && safety.maxRejected === null) return { events, breaches: [] }
    const breaches = this.#watch.judge(events, this.run.account().equity)
    const all = [...events]
    for (const { rule, text } of breaches) {
      const action = safety.on[rule]
      if (action === 'none') continue
      const caused = this.run.take({ kind: 'command', at: this.run.at, command: action, why: `${rule}: ${text}` })
      this.#note(caused)
      all.push(...caused)
    }
    return { events: all, breaches }
  }

  #note(events: readonly RunEvent[]): void {
    for (const { type } of events) {
      if (type === 'fill') this.counters.fills++
      else if (type === 'rejected') this.counters.rejected++
      else if (type === 'halted') this.isHalted = true
      else if (type === 'resumed') this.isHalted = false
    }
  }
}
