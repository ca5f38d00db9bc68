import { type StreamClock, SYSTEM_CLOCK } from '../../../data/stream/stream-clock.ts'
import { paperPage } from '../../../report/paper-page.ts'
import type { Alarm } from '../alarm.ts'
import type { PaperSession } from '../session.ts'
import type { SessionEvent } from '../session-event.ts'
import { EquityWatch, type Point, thinned } from './equity-watch.ts'
import type { Expectation } from './expectation.ts'
import { staleReason } from './freshness.ts'
import { LiveHub } from './live-hub.ts'
import { type LogEntry, type LogLevel, logEntries } from './log-entry.ts'
import { LogFile } from './log-file.ts'
import { SessionMetrics } from './metrics.ts'
import { pageFrame, pageView } from './page-view.ts'
import type { Redact } from './redaction.ts'
import { WatchServer } from './watch-server.ts'
import { Webhook } from './webhook.ts'

export interface WatchOptions {
  readonly redact: Redact
  /** What time it is for the session, UTC ms. */
  readonly now: () => number
  /** By which the watch itself waits; built in: that of this machine. */
  readonly clock?: StreamClock
  /** Hears of every alarm. */
  readonly onAlarm: (alarm: Alarm) => void
  /** Hears of every line of the log that is no alarm. */
  readonly onEntry: (entry: LogEntry) => void
  readonly webhook: URL | null
  /** What whoever looks must have; `null`: nothing. */
  readonly key: string | null
  /** The page, and all else that is served; what it holds equity against. */
  readonly dashboard: { readonly host: string; readonly port: number; readonly expectation: Expectation } | null
  /** Figures alone, on a port of their own. */
  readonly metrics: { readonly host: string; readonly port: number } | null
}

/** Between two pictures that a page is sent, ms: a replay takes thousands of bars a second. */
const EVERY = 500
/** A halt follows its alarm at once. */
const SAID = 20
/** Lines of the log that a page which is opened gets. */
const LINES = 200

/** Everything that looks at a session: its log, its figures, its page, and where its alarms go. It never holds it up. */
export class Watch {
  readonly #session: PaperSession
  readonly #options: WatchOptions
  readonly #clock: StreamClock
  readonly #log: LogFile
  readonly #webhook: Webhook | null
  readonly #equity: EquityWatch
  readonly #metrics: SessionMetrics
  readonly #hub: LiveHub
  readonly #servers: WatchServer[] = []
  readonly #lines: (LogEntry & { readonly time: number })[] = []
  readonly #off: () => void
  /** Texts of the newest alarms, and their kinds. */
  readonly #said = new Map<string, string>()
  #points: Point[] = []
  #unsent: (LogEntry & { readonly time: number })[] = []
  #timer: (() => void) | null = null
  #pulse: (() => void) | null = null

  private constructor(session: PaperSession, options: WatchOptions) {
    const { redact, now, clock = SYSTEM_CLOCK, webhook, dashboard } = options
    this.#session = session
    this.#options = options
    this.#clock = clock
    this.#log = new LogFile(session.dir, session.file.session, redact, (text) => this.#say('warn', text))
    const about = { session: session.name, strategy: session.file.strategy.name }
    this.#webhook =
      webhook === null ? null : new Webhook({ url: webhook, about, clock, onFault: (text) => this.#say('warn', text) })
    this.#equity = new EquityWatch(session)
    this.#metrics = new SessionMetrics(session, this.#equity, now)
    const frame = dashboard === null ? null : pageFrame(session, dashboard.expectation)
    this.#hub = new LiveHub({
      whole: () => {
        // what waits is in this picture already, and must not come a second time
        this.#send()
        return redact({ ...frame, curve: this.#equity.curve(), log: this.#lines, view: this.#view() })
      },
    })
    this.#off = session.on((event) => this.#hear(event))
  }

  /** @throws UsageError where a port cannot be had */
  static async open(session: PaperSession, options: WatchOptions): Promise<Watch> {
    const watch = new Watch(session, options)
    try {
      await watch.#serve()
    } catch (error) {
      await watch.close()
      throw error
    }
    return watch
  }

  /** Where it can be looked at, in the order in which it was asked for. */
  get addresses(): readonly string[] {
    return this.#servers.map(({ address }) => address)
  }

  /** Ends with what is underway: alarms that wait are posted, the log is in its file, pages are told. */
  async close(): Promise<void> {
    this.#off()
    this.#timer?.()
    this.#pulse?.()
    this.#send()
    await this.#webhook?.close()
    await Promise.all(this.#servers.map((server) => server.close()))
    this.#hub.close()
    await this.#log.close()
  }

  async #serve(): Promise<void> {
    const { dashboard, metrics, now, redact, key } = this.#options
    const session = this.#session
    const shared = {
      key,
      metrics: this.#metrics,
      snapshot: () => redact(session.snapshot()),
      trouble: () => staleReason(session, now()),
    }
    if (dashboard !== null) {
      const { host, port } = dashboard
      const page = { ...paperPage({ name: session.name, strategy: session.file.strategy.name }), hub: this.#hub }
      this.#servers.push(await WatchServer.open({ ...shared, host, port, page, flag: 'dashboard' }))
      this.#beat()
    }
    if (metrics !== null)
      this.#servers.push(await WatchServer.open({ ...shared, ...metrics, page: null, flag: 'metrics' }))
  }

  /** What ages without any bar: a series that is late, a session that has ended. */
  #beat(): void {
    this.#pulse = this.#clock.after(10_000, () => {
      this.#wake()
      this.#beat()
    })
  }

  #hear(event: SessionEvent): void {
    try {
      this.#metrics.hear(event)
      if (event.type === 'instant') {
        const point = this.#equity.take(event.at)
        if (this.#options.dashboard !== null) this.#points.push(point)
      } else if (event.type === 'alarm') {
        this.#keepSaid(event.alarm)
        this.#options.onAlarm(event.alarm)
        this.#webhook?.post(event.alarm)
      }
      for (const entry of logEntries(event, (why) => this.#alarmOf(why))) this.#note(entry, event.type !== 'alarm')
      if (event.type !== 'timing') this.#wake()
    } catch (error) {
      // whoever looks on must not stop what trades
      this.#say('error', `watching failed: ${(error as Error).message}`)
    }
  }

  #keepSaid({ text, kind }: Alarm): void {
    this.#said.delete(text)
    this.#said.set(text, kind)
    if (this.#said.size > SAID) this.#said.delete(this.#said.keys().next().value!)
  }

  /** A rule's reason has its name ahead of the alarm's text. */
  #alarmOf(reason: string): string | null {
    const why = this.#options.redact(reason)
    const kind = this.#said.get(why)
    if (kind !== undefined) return kind
    const [rule, text] = [why.slice(0, why.indexOf(': ')), why.slice(why.indexOf(': ') + 2)]
    return this.#said.get(text) === rule ? rule : null
  }

  #say(level: LogLevel, text: string): void {
    this.#note({ level, event: 'watch', at: null, text: this.#options.redact(text), fields: {} }, true)
  }

  #note(entry: LogEntry, isTold: boolean): void {
    this.#log.write(entry)
    if (entry.level === 'debug') return
    const line = { ...entry, time: this.#options.now(), fields: {} }
    this.#lines.push(line)
    if (this.#lines.length > LINES) this.#lines.shift()
    this.#unsent.push(line)
    if (this.#unsent.length > LINES) this.#unsent.shift()
    if (isTold) this.#options.onEntry(entry)
  }

  #wake(): void {
    if (this.#options.dashboard !== null) this.#timer ??= this.#clock.after(EVERY, () => this.#send())
  }

  #send(): void {
    this.#timer?.()
    this.#timer = null
    const { redact } = this.#options
    const [points, lines] = [thinned(this.#points), this.#unsent]
    this.#points = []
    this.#unsent = []
    if (this.#options.dashboard === null) return
    if (lines.length > 0) this.#hub.send('log', redact(lines))
    this.#hub.send('tick', redact({ view: this.#view(), points }))
  }

  #view() {
    return pageView(this.#session, this.#equity, this.#options.now())
  }
}
