import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { DriftItem } from '../drift-report.ts'
import type { PaperSession } from '../session.ts'
import type { SessionEvent } from '../session-event.ts'
import type { EquityWatch } from './equity-watch.ts'
import { staleReason } from './freshness.ts'

/** Seconds: a bar is late by milliseconds to minutes, what we do with it by microseconds to seconds. */
const DELAYS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const OWN_TIME = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1]

type Watched = Pick<PaperSession, 'file' | 'state' | 'phase' | 'snapshot'>

/** A session's figures as Prometheus reads them; all are called klinelab_. */
export class SessionMetrics {
  readonly #registry = new Registry()
  readonly #delay: Histogram<'series'>
  readonly #decision: Histogram
  readonly #order: Histogram

  constructor(session: Watched, equity: EquityWatch, now: () => number) {
    const { file } = session
    const registers = [this.#registry]
    this.#registry.setDefaultLabels({ session: file.name, strategy: file.strategy.name })
    const histogram = <T extends string>(name: string, help: string, buckets: number[], labelNames: T[] = []) =>
      new Histogram<T>({ name, help, buckets, labelNames, registers })
    this.#delay = histogram(
      'klinelab_bar_delay_seconds',
      'From the close of a live bar until it was heard; of none at a simulated exchange',
      DELAYS,
      ['series'],
    )
    this.#decision = histogram('klinelab_decision_seconds', 'From a bar heard to what the strategy decided', OWN_TIME)
    this.#order = histogram('klinelab_order_latency_seconds', 'From a decision to its order sent', OWN_TIME)
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        ...{ name, help, registers },
        collect() {
          this.set(value())
        },
      })
    // of a journal that is taken again they count what it says: they never fall
    const counter = (name: string, help: string, value: () => number) =>
      new Counter({
        ...{ name, help, registers },
        collect() {
          this.reset()
          this.inc(value())
        },
      })
    const { counters } = session.state
    counter('klinelab_bars_total', 'Bars taken', () => counters.bars)
    counter('klinelab_fills_total', 'Fills', () => counters.fills)
    counter('klinelab_rejects_total', 'Orders refused', () => counters.rejected)
    counter(
      'klinelab_reconnects_total',
      'Connections lost that came back',
      () => session.snapshot().counters.reconnects,
    )
    counter('klinelab_alarms_total', 'Alarms', () => session.snapshot().counters.alarms)
    gauge('klinelab_alarms_standing', 'Alarms of what is not over', () => session.snapshot().counters.standing)
    gauge('klinelab_equity', 'Equity in the quote asset', () => session.state.run.account().equity)
    gauge('klinelab_start_equity', 'Equity at the start, in the quote asset', () => file.cash)
    gauge('klinelab_drawdown', 'Below the highest equity so far, as a fraction of it', () => equity.drawdown)
    gauge('klinelab_open_orders', 'Orders that are open', () => session.state.run.openOrders().length)
    gauge('klinelab_fresh', '1 while it trades on data of now, as /healthz', () =>
      staleReason(session, now()) === null ? 1 : 0,
    )
    gauge('klinelab_last_instant_seconds', 'Close of the last bars taken, Unix time', () => session.state.run.at / 1000)
    this.#positions(session)
    this.#drift(session)
  }

  #positions({ file, state }: Watched): void {
    const symbols = file.slots.map(({ instrument }) => instrument.symbol)
    new Gauge({
      ...{ name: 'klinelab_position', help: 'What is held, signed, in the base asset', labelNames: ['symbol'] },
      registers: [this.#registry],
      collect() {
        for (const symbol of symbols) this.set({ symbol }, state.run.positionOf(symbol).qty)
      },
    })
  }

  /** What is not known yet has no line. */
  #drift(session: Watched): void {
    const items = () => session.snapshot().drift?.items.filter(({ figure }) => figure !== null) ?? []
    const gauge = (name: string, help: string, value: (item: DriftItem) => number) =>
      new Gauge({
        ...{ name, help, labelNames: ['kind', 'figure'], registers: [this.#registry] },
        collect() {
          this.reset()
          for (const item of items()) this.set({ kind: item.kind, figure: item.name }, value(item))
        },
      })
    const units = 'fractions, slippage in basis points beyond the model, of a feature its stability index'
    gauge('klinelab_drift', `As of the last day that closed: ${units}`, ({ figure }) => figure!)
    gauge('klinelab_drifted', '1 while that is outside of what was expected', ({ verdict }) =>
      verdict === 'drifted' ? 1 : 0,
    )
  }

  hear(event: SessionEvent): void {
    if (event.type === 'heard') this.#delay.observe({ series: event.series }, Math.max(0, event.delayMs / 1000))
    else if (event.type !== 'timing') return
    else if (event.name === 'decision') this.#decision.observe(event.ms / 1000)
    else if (event.name === 'order') this.#order.observe(event.ms / 1000)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
