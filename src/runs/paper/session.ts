import { firstRowAt } from '../../core/bar.ts'
import { VERSION } from '../package-info.ts'
import { onStray } from '../stray.ts'
import type { Alarm } from './alarm.ts'
import { begunAnew } from './begun-anew.ts'
import { breachAlarm } from './breach-alarm.ts'
import { brokerHost } from './broker-host.ts'
import { Control, type ControlAnswer, type ControlRequest } from './control.ts'
import { DriftWatch } from './drift-watch.ts'
import { endSession } from './end-session.ts'
import type { FeedEvent, PaperFeed } from './feed.ts'
import { FeedReader } from './feed-reader.ts'
import { InputQueue } from './input-queue.ts'
import type { Journal } from './journal.ts'
import { LastState } from './last-state.ts'
import { LiveWatch } from './live-watch.ts'
import type { BrokerHost } from './paper-broker.ts'
import type { PreparedSession } from './paper-request.ts'
import { replayFeed } from './replay-feed.ts'
import { isResume, SessionCommands } from './session-commands.ts'
import { writeDocuments } from './session-documents.ts'
import type { SessionEvent } from './session-event.ts'
import type { SessionFile } from './session-file.ts'
import { outToSay, sessionCommand } from './session-folder.ts'
import type { Held } from './session-lock.ts'
import { ChampionWatch } from './session-models.ts'
import type { SessionOptions } from './session-options.ts'
import type { JournalRecord, PaperCommand } from './session-record.ts'
import { sessionRemarks } from './session-remarks.ts'
import type { SessionState, Taken } from './session-state.ts'
import { SessionVoice } from './session-voice.ts'
import { type PaperPhase, type PaperSnapshot, snapshotOf } from './snapshot.ts'
import { type TakenUp, takeUp } from './take-up.ts'
import { Timings } from './timings.ts'
import { WaitWatch } from './wait-watch.ts'

/** A strategy on paper: fed with bars, written down before it acts, taken up again where it was left. */
export class PaperSession {
  readonly dir: string
  readonly file: SessionFile
  readonly state: SessionState
  readonly #options: SessionOptions
  readonly #prepared: PreparedSession | null
  readonly #journal: Journal
  readonly #queue: InputQueue
  readonly #last: LastState
  readonly #held: Held
  readonly #timings = new Timings((name, ms) => this.#voice.tell({ type: 'timing', name, ms }))
  readonly #voice: SessionVoice
  readonly #commands: SessionCommands
  readonly #reader: FeedReader
  readonly #drift: DriftWatch
  readonly #champions: ChampionWatch
  readonly #waits: WaitWatch
  readonly #stop = new AbortController()
  readonly #since: number
  readonly #remarks: readonly string[]
  #phase: PaperPhase = 'warming'
  #orders: 'keep' | 'cancel'
  /** Of the broker's. */
  #reconnects = 0
  #isBrokerUp = false
  /** The simulated exchange has begun anew: that ends it. */
  #isOther = false
  /** What the strategy left behind has failed: that ends it, too. */
  #stray: Error | null = null

  private constructor(options: SessionOptions, opened: TakenUp) {
    this.#options = options
    this.dir = opened.dir
    this.file = opened.file
    this.state = opened.state
    this.#prepared = opened.prepared
    this.#journal = opened.journal
    this.#held = opened.held
    const now = () => this.#now()
    const { broker, clock, real, redact, replay = null, speed, settings } = options
    const { file, state } = this
    const voice = new SessionVoice({ dir: this.dir, now, redact })
    this.#voice = voice
    this.#last = new LastState(this.dir, () => voice.redacted(this.snapshot()))
    const onAlarm = (alarm: Alarm) => voice.alarm(alarm)
    const said = voice.alarms
    const onOver = (stands: string, at?: number) => voice.over(stands, at)
    this.#drift = new DriftWatch(opened.drift, said, state, { onAlarm, onOver })
    this.#champions = new ChampionWatch(settings.out, file, opened.prepared?.strategy ?? null, said, onAlarm)
    this.#orders = options.onStop
    this.#since = clock.now()
    this.#remarks = sessionRemarks(file, opened.prepared?.replay, clock.now())
    const queue = new InputQueue(this.#journal, state, this.#timings, (record, taken) => this.#onTaken(record, taken))
    this.#queue = queue
    this.#commands = new SessionCommands({ file, state, queue, real, now })
    const stop = this.#commandFor('stop')
    this.#reader = new FeedReader({
      ...{ file, queue, voice, broker, clock, now, stop },
      // it may have been killed right then
      isCatchingUp: state.isPausedBy === 'catch-up',
      onClockOff: (text) => this.#commands.act('clock-offset', text),
    })
    this.#waits = new WaitWatch({
      ...{ file, clock, real, speed, replay, stop, onStands: onAlarm, onMoves: onOver },
      next: (slot) => state.nextOf(slot),
      log: (level, text) => voice.log(level, text),
    })
    voice.endOfProcess()
    // what went off in the last moment of a process that was killed is said now
    const known = new Set(said.map(({ at, kind }) => `${at} ${kind}`))
    for (const alarm of opened.alarms) if (!known.has(`${alarm.at} ${alarm.kind}`)) voice.alarm(alarm)
    for (const { level, text, fields } of opened.remarks) voice.log(level, text, { ...fields })
    if (state.final === null) for (const remark of this.#remarks) voice.log('warn', remark)
  }

  /**
   * Begins a session, or takes up the one that the same command has begun.
   * @throws UsageError, DataError for what makes that impossible; StrategyError where the strategy's code failed
   */
  static async open(options: SessionOptions): Promise<PaperSession> {
    const taken = await takeUp(options)
    try {
      return new PaperSession(options, taken)
    } catch (error) {
      taken.held.discard()
      throw error
    }
  }

  get name(): string {
    return this.file.name
  }

  /** Of a replay, those taken included; `null` where nobody knows. */
  get barsToCome(): number | null {
    const slots = this.#prepared?.replay ?? null
    if (this.file.mode.kind === 'live' || slots === null) return null
    return slots.reduce((sum, { bars }) => sum + bars.length - firstRowAt(bars.openTime, this.file.from), 0)
  }

  /** @returns what ends it */
  on(listener: (event: SessionEvent) => void): () => void {
    return this.#voice.add(listener)
  }

  get phase(): PaperPhase {
    return this.#phase === 'running' && this.state.isHalted ? 'halted' : this.#phase
  }

  snapshot(): PaperSnapshot {
    return snapshotOf(this.file, this.state, {
      state: this.phase,
      since: this.#since,
      waiting: this.#waits.waiting,
      timings: this.#timings.figures(),
      delays: this.#reader.delays,
      alarms: this.#voice.alarms,
      drift: this.#drift.report,
      remarks: this.#remarks,
      champions: this.#champions.waiting,
      reconnects: this.#reader.reconnects + this.#reconnects,
      journalRecords: this.#journal.records,
    })
  }

  /** Halts trading, closes everything as well, or lets it go on. Resolves when it has acted. */
  command(command: PaperCommand, why: string, by: string): Promise<void> {
    return this.#commands.give(command, why, by)
  }

  /** Ends it as soon as the input at hand has acted. */
  stop(orders: 'keep' | 'cancel' | null = null): void {
    if (orders !== null) this.#orders = orders
    this.#stop.abort()
  }

  /** Lays it down without having run it. */
  abandon(): void {
    this.#last.drop()
    void this.#journal.close().catch(() => undefined)
    this.#held.discard()
  }

  /**
   * Runs until there is nothing more to come, or it is stopped.
   * @throws what ended it otherwise; what the journal holds is whole then, and the same command goes on from there
   */
  async run(signal: AbortSignal): Promise<PaperSnapshot> {
    const onAbort = () => this.stop()
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    let control: Control | null = null
    const deaf = onStray((error) => {
      this.#stray ??= error
      this.stop()
    })
    try {
      if (this.state.final === null) {
        control = await Control.open(this.dir, (request) => this.#answer(request))
        await this.#work()
      } else this.#phase = 'ended'
      if (this.state.run.at > 0) this.#drift.look(this.state)
      await writeDocuments(this.dir, this.state)
      this.#last.write()
    } catch (thrown) {
      const error = this.#isOther ? await this.#leaveOther() : thrown
      this.#phase = 'failed'
      this.#voice.fault(error)
      this.#last.write()
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
      deaf()
      await control?.close()
      await this.#journal.close().catch(() => undefined)
      this.#held.release()
    }
    return this.snapshot()
  }

  async #work(): Promise<void> {
    const { broker, clock, replay } = this.#options
    this.#last.write()
    const begun = replay?.begun ?? null
    await this.#queue.put({ kind: 'opened', at: clock.now(), version: VERSION, ...(begun !== null && { begun }) })
    if (this.state.isPausedBy === 'stop') await this.command('resume', 'it goes on after a stop', 'stop')
    // a kill right after a resume leaves no word of what was over with it
    if (!this.state.isHalted) this.#voice.resumed()
    const feed = this.#feed()
    const onStop = () => void feed.close()
    this.#stop.signal.addEventListener('abort', onStop)
    this.#isBrokerUp = true
    const watch = this.file.mode.kind === 'live' ? this.#watch() : null
    this.#waits.start(onStop)
    void this.#options.replay?.another?.then(() => {
      this.#isOther = true
      this.#stop.abort()
    })
    try {
      await broker.open(this.#host())
      this.#waits.opened()
      this.state.forgetNotes()
      this.#phase = 'running'
      this.#voice.started()
      watch?.start()
      if (!this.#stop.signal.aborted) for await (const event of feed) await this.#hear(event)
      await this.#queue.idle()
    } finally {
      watch?.stop()
      this.#waits.stop()
      this.#stop.signal.removeEventListener('abort', onStop)
      await feed.close()
    }
    if (this.#isOther) throw new Error('another exchange answers')
    if (this.#stray !== null) throw this.#stray
    const isStopped = this.#stop.signal.aborted
    const [orders, queue] = [this.#orders, this.#queue]
    const command = this.command.bind(this)
    await endSession({ broker, queue, clock, isStopped, orders, command })
    this.#voice.endOfProcess()
    this.#phase = isStopped ? 'stopped' : 'ended'
  }

  async #hear(event: FeedEvent): Promise<void> {
    this.#waits.hear(event)
    // a replay that is over is silent, and nothing is wrong with that
    if (event.kind === 'silent' && (await this.#waits.isOver())) return
    await this.#reader.hear(event)
  }

  /** Another exchange answers, and nothing is said to it. @returns what there is to say of it, whatever else has failed meanwhile */
  async #leaveOther(): Promise<Error> {
    const { broker, clock, replay } = this.#options
    await broker.close('keep').catch(() => undefined)
    // who it is may be known before what time it is there
    await replay?.ask().catch(() => null)
    return begunAnew(this.file, this.state.run.at, clock.now())
  }

  #feed(): PaperFeed {
    const { live, speed, clock } = this.#options
    const { run } = this.state
    if (this.file.mode.kind === 'replay')
      return replayFeed(this.#prepared!.replay!, { from: this.file.from, after: run.at, speed, clock })
    return live(
      this.file,
      this.file.slots.map((_, k) => this.state.nextOf(k)),
      run.at,
    )
  }

  #watch(): LiveWatch {
    const { clock, real, monotonic, broker } = this.#options
    return new LiveWatch({
      clock,
      real,
      monotonic,
      file: this.file,
      next: (slot) => this.state.nextOf(slot),
      onStale: (alarm) => {
        this.alarm(alarm)
        this.#commands.act('stale-data', alarm.text)
      },
      onFresh: (stands) => this.#voice.over(stands),
      onJump: (alarm, by) => {
        this.alarm(alarm)
        void this.#queue.put({ kind: 'clock-jump', at: real.now(), by })
      },
      reconcile: () => broker.reconcile(),
      onFault: (error) => this.#voice.fault(error),
    })
  }

  /** What it came to goes out, and to whoever watches. */
  #onTaken(record: JournalRecord, { events, breaches }: Taken): void {
    this.#last.touch()
    if ((events.length > 0 || record.kind === 'bars') && this.#isBrokerUp) this.#options.broker.handle(events)
    for (const breach of breaches) this.alarm(breachAlarm(breach, this.state.run.at))
    if (isResume(record)) {
      this.#voice.resumed(record.at)
      if (this.#isBrokerUp) this.#commands.looking(this.#options.broker.resumed())
    }
    if (record.kind === 'bars' && this.#drift.take(this.state)) this.#champions.look(record.at)
    if (!this.#voice.isHeard) return
    if (events.length > 0) this.#voice.tell({ type: 'events', events })
    if (record.kind === 'bars') this.#voice.tell({ type: 'instant', at: record.at })
  }

  #host(): BrokerHost {
    const parts = { options: this.#options, file: this.file, state: this.state, queue: this.#queue }
    return brokerHost(
      { ...parts, voice: this.#voice, commands: this.#commands, now: () => this.#now() },
      {
        signal: this.#stop.signal,
        sent: (us) => this.#timings.note('order', us / 1000),
        reconnected: () => void this.#reconnects++,
        command: (what) => this.#commandFor(what),
      },
    )
  }

  async #answer(request: ControlRequest): Promise<ControlAnswer> {
    if (request.ask === 'stop') this.stop(request.orders)
    else if (['resume', 'halt', 'flatten'].includes(request.ask)) {
      const { ask, why } = request as Extract<ControlRequest, { why: string }>
      this.#voice.log('info', `${ask}: ${why}`)
      await this.#commands.obey(ask, why)
    } else if (request.ask !== 'status')
      return { ok: false, error: `"${(request as { ask: string }).ask}" is no request` }
    if (request.ask === 'status') this.#drift.look(this.state)
    return { ok: true, snapshot: this.snapshot() }
  }

  /** Says that something needs a person's eyes; kept in the session's folder. */
  alarm(alarm: Alarm): void {
    this.#voice.alarm(alarm)
  }

  #commandFor(what: 'resume' | 'stop'): string {
    return sessionCommand(`${what} ${this.name}`, outToSay(this.#options.settings))
  }

  /** In a replay it is as late as the bars say. */
  #now(): number {
    return this.file.mode.kind === 'replay' ? this.state.run.at : this.#options.clock.now()
  }
}
