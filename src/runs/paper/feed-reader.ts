import type { StreamClock } from '../../data/stream/stream-clock.ts'
import type { FeedEvent, FeedRemark } from './feed.ts'
import type { InputQueue } from './input-queue.ts'
import type { PaperBroker } from './paper-broker.ts'
import { overWith, remarkAlarm, remarkOver } from './remark-alarm.ts'
import type { SessionFile } from './session-file.ts'
import { rowOf } from './session-record.ts'
import type { SessionVoice } from './session-voice.ts'

interface FeedReaderOptions {
  readonly file: SessionFile
  readonly queue: InputQueue
  readonly broker: PaperBroker
  readonly voice: SessionVoice
  /** That of the bars. */
  readonly clock: StreamClock
  /** As late as the session says it is, UTC ms. */
  readonly now: () => number
  /** What a person types to end this session. */
  readonly stop: string
  /** It was catching up when it was laid down. */
  readonly isCatchingUp: boolean
  /** Our clock is farther off than the session allows. */
  readonly onClockOff: (text: string) => void
}

/** Inputs of a replay that may wait for the disk together; each is on it before it acts. */
const ROOM = 256

/** Makes inputs of what a feed says, and alarms of what is wrong with it. */
export class FeedReader {
  readonly #options: FeedReaderOptions
  readonly #delays: (number | null)[]
  readonly #lost = new Set<string>()
  #reconnects = 0
  #isCatchingUp: boolean

  constructor(options: FeedReaderOptions) {
    this.#options = options
    this.#delays = options.file.slots.map(() => null)
    this.#isCatchingUp = options.isCatchingUp
  }

  /** By slot: how long after its close the newest bar was heard, ms; `null` of replays, and where the exchange's time is not ours. */
  get delays(): readonly (number | null)[] {
    return this.#delays
  }

  /** Connections lost that came back. */
  get reconnects(): number {
    return this.#reconnects
  }

  /** Resolves when more may come. @throws what the queue has failed with */
  async hear(event: FeedEvent): Promise<void> {
    // it may have been somebody else's record, and this one's feed may have no bars for long
    this.#options.queue.throwIfFailed()
    if (event.kind !== 'instant') return this.#remark(event)
    const { at, how, funding } = event
    const { broker, clock, queue, voice, file } = this.#options
    if (broker.fills === 'told') this.#pauseWhileLate(how === 'late', at)
    // the time of a simulated exchange is its own: what it took to come here cannot be read off it
    if (how !== 'replay' && clock.here === undefined)
      for (const { slot } of event.bars) this.#heard(slot, clock.now() - at)
    for (const stands of overWith(event, file)) voice.over(stands)
    const bars = event.bars.map(rowOf)
    void queue.put({ kind: 'bars', at, how, bars, ...(funding.length > 0 && { funding }) }, event.heard)
    if (broker.fills === 'told' || how === 'live') {
      await queue.idle()
      // a replay waits for its orders, as time does not
      if (how === 'replay') await broker.idle()
    } else if (queue.length >= ROOM) await queue.idle()
  }

  #heard(slot: number, delayMs: number): void {
    const { file, voice } = this.#options
    this.#delays[slot] = delayMs
    voice.tell({ type: 'heard', series: file.slots[slot]!.series, delayMs })
  }

  /** At an exchange the prices have moved on since such a bar closed: what is held may be closed on it, and nothing is opened. */
  #pauseWhileLate(isLate: boolean, at: number): void {
    if (isLate === this.#isCatchingUp) return
    this.#isCatchingUp = isLate
    const [command, why] = isLate
      ? (['halt', 'bars that were missed are caught up with'] as const)
      : (['resume', 'the bars are those of now'] as const)
    void this.#options.queue.put({ kind: 'command', at, command, why, by: 'catch-up' })
  }

  #remark(remark: FeedRemark): void {
    const { file, queue, voice, now, stop, onClockOff } = this.#options
    if (remark.kind === 'disconnected') {
      this.#lost.add(remark.venue)
      voice.log('warn', `${remark.venue}: disconnected: ${remark.why}`)
    } else if (remark.kind === 'connected' && this.#lost.delete(remark.venue)) this.#reconnects++
    void queue.put({ kind: 'remark', at: now(), remark })
    const over = remarkOver(remark, file)
    if (over !== null) voice.over(over)
    const alarm = remarkAlarm(remark, file, now(), stop)
    if (alarm === null) return
    voice.alarm(alarm)
    if (remark.kind !== 'clock') return
    const { maxClockOffset } = file.safety
    if (maxClockOffset !== null && Math.abs(remark.ahead) > maxClockOffset) onClockOff(alarm.text)
  }
}
