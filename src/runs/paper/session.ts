import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstRowAt } from '../../core/bar.ts'
import type { RunEvent } from '../../core/event.ts'
import { timeName } from '../../core/time.ts'
import type { StreamClock } from '../../data/stream/stream-clock.ts'
import { VERSION } from '../package-info.ts'
import { readAsked } from '../prepare.ts'
import type { Settings } from '../settings.ts'
import type { TrainingHost } from '../train-run.ts'
import type { Alarm } from './alarm.ts'
import { keepAlarm, readAlarms } from './alarm-file.ts'
import { beginOrRead, checkStart } from './begin-session.ts'
import { Control, type ControlAnswer, type ControlRequest } from './control.ts'
import { Drift } from './drift.ts'
import { driftBaseline } from './drift-baseline.ts'
import { DriftWatch } from './drift-watch.ts'
import type { FeedEvent, FeedRemark, PaperFeed } from './feed.ts'
import { InputQueue } from './input-queue.ts'
import { Journal } from './journal.ts'
import { LastState } from './last-state.ts'
import { LiveWatch } from './live-watch.ts'
import type { BrokerHost, PaperBroker } from './paper-broker.ts'
import { identityOf, type PaperRequest, type PreparedSession, saidOf } from './paper-request.ts'
import type { Bringing } from './prepare-live.ts'
import { remarkAlarm } from './remark-alarm.ts'
import { replayFeed } from './replay-feed.ts'
import { writeDocuments } from './session-documents.ts'
import type { SessionFile } from './session-file.ts'
import { type Held, holdSession, sessionName, sessionsIn } from './session-folder.ts'
import { ChampionWatch } from './session-models.ts'
import { type JournalRecord, type PaperCommand, rowOf } from './session-record.ts'
import { SessionState, type Taken } from './session-state.ts'
import { type PaperPhase, type PaperSnapshot, snapshotOf } from './snapshot.ts'
import { type Timing, Timings } from './timings.ts'

/** What a session is opened with. */
export interface SessionOptions {
  readonly asked: PaperRequest
  readonly settings: Settings
  readonly name?: string
  readonly broker: PaperBroker
  readonly bringing: Bringing
  readonly training?: TrainingHost
  /** Live bars from each series' next on (open times, by slot); instants up to `after` have been taken. Not asked for in a replay. */
  readonly live: (file: SessionFile, next: readonly number[], after: number) => PaperFeed
  readonly clock: StreamClock
  /** This machine's own clock, which a broker signs by; the one above is that of the bars, which may be another's. */
  readonly real: StreamClock
  /** A clock that nobody sets, ms. */
  readonly monotonic: () => number
  /** Of a replay. */
  readonly speed: number | 'max'
  /** What becomes of open orders when it stops. */
  readonly onStop: 'keep' | 'cancel'
  /** Takes secrets out of what is said and kept. Built in: nothing is secret. */
  readonly redact?: <T>(value: T) => T
}

/** What whoever watches a session is told. */
export type SessionEvent =
  /** An input has been taken; the state is new. */
  | { readonly type: 'instant'; readonly at: number }
  | { readonly type: 'events'; readonly events: readonly RunEvent[] }
  | { readonly type: 'alarm'; readonly alarm: Alarm }
  | {
      readonly type: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly text: string
      readonly fields: Readonly<Record<string, unknown>>
    }
  /** A bar that is no replay's has come, so long after its close. */
  | { readonly type: 'heard'; readonly series: string; readonly delayMs: number }
  | { readonly type: 'timing'; readonly name: Timing; readonly ms: number }

/** Inputs of a replay that may wait for the disk together; each is on it before it acts. */
const ROOM = 256
const JOURNAL = 'journal.log'

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
  readonly #timings = new Timings((name, ms) => this.#tell({ type: 'timing', name, ms }))
  readonly #listeners = new Set<(event: SessionEvent) => void>()
  /** What was said before anybody could listen; `null` from the first listener on. */
  #early: SessionEvent[] | null = []
  readonly #alarms: Alarm[]
  readonly #drift: DriftWatch
  readonly #champions: ChampionWatch
  readonly #stop = new AbortController()
  readonly #since: number
  readonly #delays: (number | null)[]
  #phase: PaperPhase = 'warming'
  #orders: 'keep' | 'cancel'
  #reconnects = 0
  #isBrokerUp = false
  #isCatchingUp: boolean

  private constructor(
    options: SessionOptions,
    opened: {
      readonly dir: string
      readonly file: SessionFile
      readonly state: SessionState
      readonly prepared: PreparedSession | null
      readonly journal: Journal
      readonly alarms: readonly Alarm[]
      readonly drift: Drift
      readonly held: Held
    },
  ) {
    this.#options = options
    this.dir = opened.dir
    this.file = opened.file
    this.state = opened.state
    this.#prepared = opened.prepared
    this.#journal = opened.journal
    this.#held = opened.held
    this.#last = new LastState(opened.dir, () => this.#redacted(this.snapshot()))
    this.#alarms = readAlarms(opened.dir)
    this.#drift = new DriftWatch(opened.drift, this.#alarms, this.state, (alarm) => this.alarm(alarm))
    this.#champions = new ChampionWatch(
      options.settings.out,
      opened.file,
      opened.prepared?.strategy ?? null,
      this.#alarms,
      (alarm) => this.alarm(alarm),
    )
    this.#orders = options.onStop
    // it may have been killed right then
    this.#isCatchingUp = this.state.isPausedBy === 'catch-up'
    this.#since = options.clock.now()
    this.#delays = opened.file.slots.map(() => null)
    this.#queue = new InputQueue(this.#journal, this.state, this.#timings, (record, taken) =>
      this.#onTaken(record, taken),
    )
    // what went off in the last moment of a process that was killed is said now
    const said = new Set(this.#alarms.map(({ at, kind }) => `${at} ${kind}`))
    for (const alarm of opened.alarms) if (!said.has(`${alarm.at} ${alarm.kind}`)) this.alarm(alarm)
  }

  /**
   * Begins a session, or takes up the one that the same command has begun: its journal is taken again, record by record.
   * @throws UsageError, DataError for what makes that impossible; StrategyError where the strategy's code failed
   */
  static async open(options: SessionOptions): Promise<PaperSession> {
    const { asked, settings, broker } = options
    const { strategy, file: module, params, data } = await readAsked(asked, settings)
    const said = saidOf(asked, settings, { strategy, file: module!, params, data })
    const dir = join(sessionsIn(settings.out), sessionName(strategy.name, identityOf(said), options.name))
    const held = await holdSession(dir, settings.out, broker.account)
    try {
      const { file, warm, prepared } = await beginOrRead(dir, options, said)
      const state = new SessionState(file, prepared?.strategy ?? strategy, warm, prepared?.beside ?? [])
      const alarms: Alarm[] = []
      const digest = createHash('sha256')
        .update(readFileSync(join(dir, 'session.json')))
        .digest('hex')
      const journal = await Journal.open(join(dir, JOURNAL), (record, line) => {
        const one = record as JournalRecord
        if (line === 1) checkStart(join(dir, JOURNAL), one, digest)
        for (const breach of state.take(one).breaches) alarms.push(breachAlarm(breach, state.run.at))
      })
      const isNew = journal.records === 0
      if (isNew) {
        const warmup = file.slots.map((slot) => slot.warmup)
        journal.write({ kind: 'start', at: file.created, session: digest, warmup } satisfies JournalRecord)
        await journal.flush()
      }
      const drift = new Drift(file, await driftBaseline(file, settings.out), prepared?.beside ?? [])
      const session = new PaperSession(options, { dir, file, state, prepared, journal, alarms, drift, held })
      if (journal.cut !== null)
        session.log('warn', `${journal.file}: its last record was not whole and was cut off: it had not acted`, {
          ...journal.cut,
        })
      if (!isNew && state.final === null) session.log('info', goesOnText(state, journal.records))
      return session
    } catch (error) {
      held.discard()
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
    this.#listeners.add(listener)
    const early = this.#early ?? []
    this.#early = null
    for (const event of early) listener(event)
    return () => this.#listeners.delete(listener)
  }

  get phase(): PaperPhase {
    return this.#phase === 'running' && this.state.isHalted ? 'halted' : this.#phase
  }

  snapshot(): PaperSnapshot {
    return snapshotOf(this.file, this.state, {
      state: this.phase,
      since: this.#since,
      timings: this.#timings.figures(),
      delays: this.#delays,
      alarms: this.#alarms,
      drift: this.#drift.report,
      reconnects: this.#reconnects,
      journalRecords: this.#journal.records,
    })
  }

  /** Halts trading, closes everything as well, or lets it go on. Resolves when it has acted. */
  async command(command: PaperCommand, why: string, by: string): Promise<void> {
    await this.#queue.put({ kind: 'command', at: this.#now(), command, why, by })
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
    try {
      if (this.state.final === null) {
        control = await Control.open(this.dir, (request) => this.#answer(request))
        await this.#work()
      } else this.#phase = 'ended'
      if (this.state.run.at > 0) this.#drift.look(this.state)
      await writeDocuments(this.dir, this.state)
      this.#last.write()
    } catch (error) {
      this.#phase = 'failed'
      this.#fault(error)
      this.#last.write()
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
      await control?.close()
      await this.#journal.close().catch(() => undefined)
      this.#held.release()
    }
    return this.snapshot()
  }

  async #work(): Promise<void> {
    const { broker, clock } = this.#options
    this.#last.write()
    await this.#queue.put({ kind: 'opened', at: clock.now(), version: VERSION })
    if (this.state.isPausedBy === 'stop') await this.command('resume', 'it goes on after a stop', 'stop')
    const feed = this.#feed()
    const onStop = () => void feed.close()
    this.#stop.signal.addEventListener('abort', onStop)
    this.#isBrokerUp = true
    const watch = this.file.mode.kind === 'live' ? this.#watch() : null
    try {
      await broker.open(this.#host())
      this.state.forgetNotes()
      this.#phase = 'running'
      watch?.start()
      if (!this.#stop.signal.aborted) for await (const event of feed) await this.#hear(event)
      await this.#queue.idle()
    } finally {
      watch?.stop()
      this.#stop.signal.removeEventListener('abort', onStop)
      await feed.close()
    }
    await this.#end()
  }

  async #end(): Promise<void> {
    const { broker, clock } = this.#options
    const isStopped = this.#stop.signal.aborted
    // where orders meet bars there is nobody else to cancel what opens; what protects a position stays, here as at an exchange
    if (isStopped && this.#orders === 'cancel' && broker.fills === 'bars')
      await this.command('halt', 'it was stopped with --on-stop cancel', 'stop')
    await broker.idle()
    await broker.close(this.#orders)
    await this.#queue.idle()
    const at = clock.now()
    await this.#queue.put(isStopped ? { kind: 'stopped', at, orders: this.#orders } : { kind: 'ended', at })
    this.#phase = isStopped ? 'stopped' : 'ended'
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

  async #hear(event: FeedEvent): Promise<void> {
    if (event.kind !== 'instant') return this.#remark(event)
    const { at, how, funding } = event
    const { broker, clock } = this.#options
    if (broker.fills === 'told') this.#pauseWhileLate(how === 'late', at)
    if (how !== 'replay') for (const { slot } of event.bars) this.#heard(slot, clock.now() - at)
    const bars = event.bars.map(rowOf)
    void this.#queue.put({ kind: 'bars', at, how, bars, ...(funding.length > 0 && { funding }) }, event.heard)
    if (broker.fills === 'told' || how === 'live') {
      await this.#queue.idle()
      // a replay waits for its orders, as time does not
      if (how === 'replay') await broker.idle()
    } else if (this.#queue.length >= ROOM) await this.#queue.idle()
  }

  #heard(slot: number, delayMs: number): void {
    this.#delays[slot] = delayMs
    this.#tell({ type: 'heard', series: this.file.slots[slot]!.series, delayMs })
  }

  /** At an exchange the prices have moved on since such a bar closed: what is held may be closed on it, and nothing is opened. */
  #pauseWhileLate(isLate: boolean, at: number): void {
    if (isLate === this.#isCatchingUp) return
    this.#isCatchingUp = isLate
    const [command, why] = isLate
      ? (['halt', 'bars that were missed are caught up with'] as const)
      : (['resume', 'the bars are those of now'] as const)
    void this.#queue.put({ kind: 'command', at, command, why, by: 'catch-up' })
  }

  #remark(remark: FeedRemark): void {
    if (remark.kind === 'disconnected') this.log('warn', `${remark.venue}: disconnected: ${remark.why}`)
    else if (remark.kind === 'connected') this.#reconnects++
    void this.#queue.put({ kind: 'remark', at: this.#now(), remark })
    const alarm = remarkAlarm(remark, this.file, this.#now())
    if (alarm === null) return
    this.alarm(alarm)
    if (remark.kind === 'clock') {
      const { maxClockOffset } = this.file.safety
      if (maxClockOffset !== null && Math.abs(remark.ahead) > maxClockOffset) this.#act('clock-offset', alarm.text)
    }
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
        this.#act('stale-data', alarm.text)
      },
      onJump: (alarm, by) => {
        this.alarm(alarm)
        void this.#queue.put({ kind: 'clock-jump', at: real.now(), by })
      },
      reconcile: () => broker.reconcile(),
      onFault: (error) => this.#fault(error),
    })
  }

  #act(rule: 'stale-data' | 'clock-offset', text: string): void {
    const action = this.file.safety.on[rule]
    const { standing } = this.state.run
    if (action === 'none' || standing === action || standing === 'flatten') return
    void this.command(action, `${rule}: ${text}`, `rule ${rule}`)
  }

  /** What it came to goes out, and to whoever watches. */
  #onTaken(record: JournalRecord, { events, breaches }: Taken): void {
    this.#last.touch()
    if (events.length > 0 && this.#isBrokerUp) this.#options.broker.handle(events)
    for (const breach of breaches) this.alarm(breachAlarm(breach, this.state.run.at))
    if (record.kind === 'bars' && this.#drift.take(this.state)) this.#champions.look(record.at)
    if (this.#listeners.size === 0) return
    if (events.length > 0) this.#tell({ type: 'events', events })
    if (record.kind === 'bars') this.#tell({ type: 'instant', at: record.at })
  }

  #host(): BrokerHost {
    const { real } = this.#options
    return {
      run: this.state.run,
      notes: this.state.notes,
      note: async (note) => void (await this.#queue.put(note)),
      tell: async (told) => void (await this.#queue.put({ kind: 'told', told })),
      alarm: (alarm) => this.alarm(alarm),
      halt: (why) => this.command('halt', why, 'broker'),
      flatten: (why) => this.command('flatten', why, 'broker'),
      log: (level, text, fields) => this.log(level, text, fields),
      sent: (us) => this.#timings.note('order', us / 1000),
      reconnected: () => void this.#reconnects++,
      now: () => real.now(),
      signal: this.#stop.signal,
      sessionId: this.file.session,
      symbols: this.file.slots.map(({ instrument, margin, costs }, k) => ({
        ...{ symbol: instrument.symbol, instrument, series: this.state.seriesOf(k) },
        ...{ leverage: margin?.leverage ?? 1, margin: margin?.mode ?? null },
        fees: { maker: costs.feeMaker, taker: costs.feeTaker },
      })),
    }
  }

  async #answer(request: ControlRequest): Promise<ControlAnswer> {
    if (request.ask === 'stop') this.stop(request.orders)
    else if (['resume', 'halt', 'flatten'].includes(request.ask)) {
      const { ask, why } = request as Extract<ControlRequest, { why: string }>
      await this.command(ask, why, 'a person')
      this.log('info', `${ask}: ${why}`)
    } else if (request.ask !== 'status')
      return { ok: false, error: `"${(request as { ask: string }).ask}" is no request` }
    if (request.ask === 'status') this.#drift.look(this.state)
    return { ok: true, snapshot: this.snapshot() }
  }

  /** Says that something needs a person's eyes; kept in the session's folder. */
  alarm(said: Alarm): void {
    const alarm = this.#redacted(said)
    this.#alarms.push(alarm)
    keepAlarm(this.dir, alarm)
    this.#tell({ type: 'alarm', alarm })
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#tell(this.#redacted({ type: 'log', level, text, fields } as const))
  }

  #fault(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    this.alarm({ at: this.#now(), kind: 'failed', severity: 'critical', text, facts: {} })
  }

  #redacted<T>(value: T): T {
    return this.#options.redact?.(value) ?? value
  }

  #tell(event: SessionEvent): void {
    // what happens before its start is little; where nobody ever listens it must not grow
    if (this.#early !== null && this.#phase === 'warming' && event.type !== 'timing') this.#early.push(event)
    for (const listener of this.#listeners) listener(event)
  }

  /** In a replay it is as late as the bars say. */
  #now(): number {
    return this.file.mode.kind === 'replay' ? this.state.run.at : this.#options.clock.now()
  }
}

function breachAlarm(breach: Taken['breaches'][number], at: number): Alarm {
  return { at, kind: breach.rule, severity: 'critical', text: breach.text, facts: breach.facts }
}

function goesOnText({ run }: SessionState, records: number): string {
  const from = run.at > 0 ? timeName(run.at) : 'its beginning'
  return `goes on from ${from}: ${records} ${records === 1 ? 'record' : 'records'} in its journal, open orders: ${run.openOrders().length}`
}
