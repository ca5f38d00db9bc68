import { type Bars, firstRowAt } from '../core/bar.ts'
import { higherBars } from '../core/higher.ts'
import type { Indicator } from '../core/indicator.ts'
import type { Decision } from '../core/order.ts'
import type { Predictions } from '../core/predictor.ts'
import { seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { type Strategy, StrategyError } from '../engine/index.ts'
import { batchColumns } from '../indicators/index.ts'
import { forecastColumns } from '../models/foretell.ts'
import { attempt, type Findings, firstDifference, inWorld, knownRows, type World } from './check-findings.ts'
import type { LearntModel } from './check-model.ts'
import type { LoadedModule } from './check-module.ts'
import { type SimulateOptions, type SimulateSlot, simulate } from './simulate.ts'

/** What a strategy asked for at one close. */
interface Answer {
  /** Close time, UTC ms. */
  readonly at: number
  /** `null`: for all together. */
  readonly symbol: string | null
  /** Its requests, as JSON. */
  readonly text: string
}

interface Played {
  readonly answers: readonly Answer[]
  /** Everything that came of it, as JSON, with its time. */
  readonly events: readonly { readonly at: number; readonly text: string }[]
  /** Its own error, where that ended it. */
  readonly failure: string | null
}

/** A strategy's run, with nothing changed. */
export interface WholeStrategy {
  readonly options: SimulateOptions
  readonly played: Played
}

/** @throws StrategyError where the strategy fails with nothing changed, too */
export function wholeStrategy(options: SimulateOptions): WholeStrategy {
  const played = play(options, options.strategy, options.slots, Number.POSITIVE_INFINITY)
  return { options, played }
}

/** Closes at which the strategy decided something. */
export function decisionTimes({ played }: WholeStrategy): number[] {
  return [...new Set(played.answers.map(({ at }) => at))]
}

/** What the models of a strategy say of the bars of a slot: the same in all worlds, so that what differs is the strategy's own. */
export function predictionsFor(bars: Bars, models: readonly LearntModel[]): Predictions {
  const own = seriesName(bars.series)
  return Object.fromEntries(
    models
      .filter(({ ground }) => seriesName(ground.bars.series) === own)
      .map(({ named, ground, forecast }) => {
        const columns = forecastColumns(forecast, named.definition.label.classes)
        return [
          named.name,
          Object.fromEntries(Object.entries(columns).map(([k, column]) => [k, aligned(column, ground.bars, bars)])),
        ]
      }),
  )
}

/** A column of other bars of the same series by the rows of these. */
function aligned(column: Float64Array, from: Bars, to: Bars): Float64Array {
  const start = from.openTime[0]!
  const first = firstRowAt(to.openTime, start)
  const out = new Float64Array(to.length).fill(Number.NaN)
  out.set(column.subarray(0, to.length - first), first)
  return out
}

/** Indicators and decisions in another world. */
export async function compareStrategy(
  whole: WholeStrategy,
  { strategy, reads }: LoadedModule,
  world: World,
  findings: Findings,
): Promise<void> {
  if (strategy === null) return
  const of = `strategy ${strategy.name}`
  const same = await attempt(findings, { part: 'indicators', of, world }, () =>
    whole.options.slots.every((slot) => compareIndicators(whole, strategy, slot.bars, world, findings)),
  )
  // what follows from an indicator that peeks is no other fault
  if (same) compareDecisions(whole, strategy, reads, world, findings)
}

function compareIndicators(
  { options }: WholeStrategy,
  strategy: Strategy,
  bars: Bars,
  world: World,
  findings: Findings,
): boolean {
  const of = `${strategy.name}, ${seriesName(bars.series)}`
  const [own, there] = [columnsOf(options.strategy, options, bars), columnsOf(strategy, options, world.lens(bars))]
  if (own.length === 0) return true
  findings.compared('indicators', of)
  let same = true
  for (const [k, { name, times, column }] of own.entries()) {
    const other = there[k]
    // a bar of a higher interval is one of these worlds' only where it was closed by the cut
    const known = name.includes('also.')
      ? knownRows({ ...bars, series: times.series, openTime: times.openTime }, world)
      : knownRows(bars, world)
    const row = other === undefined ? 0 : firstDifference(column, other.column, known)
    if (row < 0) continue
    same = false
    const at = times.openTime[row]!
    const [here, elsewhere] = [String(column[row]), other === undefined ? 'not declared' : String(other.column[row])]
    findings.leak({
      ...{ part: 'indicators', of, name, at, way: world.way, cut: world.cut, whole: here, other: elsewhere },
      text: `indicator "${name}" of strategy ${of}: at the bar of ${timeName(at)} it is ${here}, and ${inWorld(world)} it is ${elsewhere}`,
    })
  }
  return same
}

interface Named {
  readonly name: string
  readonly times: Bars
  readonly column: Float64Array
}

/** Every output of every indicator, those of higher intervals on their own bars. */
function columnsOf(strategy: Strategy, { params }: SimulateOptions, bars: Bars): Named[] {
  const of = (declared: Readonly<Record<string, Indicator>>, own: Bars, before: string): Named[] =>
    Object.entries(batchColumns(declared, own)).flatMap(([name, outputs]) =>
      Object.entries(outputs).map(([output, column]) => ({
        name: `${before}${name}${output === 'value' ? '' : `.${output}`}`,
        times: own,
        column,
      })),
    )
  return [
    ...of(strategy.indicators(params), bars, ''),
    ...Object.entries(strategy.also).flatMap(([name, { interval, indicators }]) =>
      of(indicators(params), higherBars(bars, interval).bars, `also.${name}.`),
    ),
  ]
}

function compareDecisions(
  { options, played }: WholeStrategy,
  strategy: Strategy,
  reads: readonly string[],
  world: World,
  findings: Findings,
): void {
  const of = strategy.name
  findings.compared('decisions', of)
  const { cut } = world
  const there = play(
    options,
    strategy,
    options.slots.map((slot) => slotIn(slot, world)),
    cut,
  )
  const until = played.answers.filter(({ at }) => at <= cut)
  const k = until.findIndex((one, at) => !isSame(one, there.answers[at]))
  const place = k >= 0 ? k : until.length < there.answers.length ? until.length : -1
  const source =
    reads.length > 0
      ? `its indicators and models are the same, and by itself it loads ${reads.join(', ')}`
      : 'its indicators and models are the same, so it is something that it remembers or reads by itself'
  const say = (at: number, own: string, other: string) =>
    findings.leak({
      ...{ part: 'decisions', of, name: 'decision', at, way: world.way, cut, whole: own, other },
      text: `strategy ${of}: at ${timeName(at)} it decides ${own}, and ${inWorld(world)} ${other}; ${source}`,
    })
  if (place >= 0) {
    const [own, other] = [until[place], there.answers[place]]
    const at = Math.min(own?.at ?? Number.POSITIVE_INFINITY, other?.at ?? Number.POSITIVE_INFINITY)
    const told = (one: Answer | undefined) =>
      one?.at === at ? `${one.text}${one.symbol === null ? '' : ` (${one.symbol})`}` : 'nothing'
    // where it failed there is no answer either
    if (own?.at === at && other?.at !== at && there.failure !== null) say(at, told(own), there.failure)
    else say(at, told(own), told(other))
    return
  }
  if (there.failure !== null) return say(cut, 'without an error', there.failure)
  const before = ({ events }: Played) => events.filter(({ at }) => at < cut)
  const [own, other] = [before(played), before(there)]
  const event = own.findIndex(({ text }, at) => text !== other[at]?.text)
  if (event >= 0) say(own[event]!.at, own[event]!.text, other[event]?.text ?? 'nothing')
}

function isSame(a: Answer, b: Answer | undefined): boolean {
  return b !== undefined && a.at === b.at && a.symbol === b.symbol && a.text === b.text
}

/** An instrument in another world: its bars, and what the models say of those that are known. */
function slotIn(slot: SimulateSlot, world: World): SimulateSlot {
  const bars = world.lens(slot.bars)
  if (slot.models === undefined) return { ...slot, bars }
  const known = knownRows(slot.bars, world)
  const cut = (column: Float64Array) => {
    const own = column.slice(0, bars.length)
    return own.fill(Number.NaN, known)
  }
  const models = Object.fromEntries(
    Object.entries(slot.models).map(([name, columns]) => [
      name,
      Object.fromEntries(Object.entries(columns).map(([output, column]) => [output, cut(column)])),
    ]),
  )
  return { ...slot, bars, models }
}

type Hook = (context: never) => Decision

/** The run itself, by the engine; after an instant the strategy is asked no more. */
function play(options: SimulateOptions, strategy: Strategy, slots: readonly SimulateSlot[], until: number): Played {
  const answers: Answer[] = []
  const heard = (hook: Hook | null): Hook | null =>
    hook &&
    ((context: { readonly at: number; readonly symbol?: string }) => {
      if (context.at > until) return undefined
      const decision = hook(context as never)
      const requests = [decision].flat().filter((one) => typeof one === 'object' && one !== null)
      if (requests.length > 0)
        answers.push({ at: context.at, symbol: context.symbol ?? null, text: JSON.stringify(requests) })
      return decision
    })
  const listened = Object.freeze({ ...strategy, onBar: heard(strategy.onBar), onBars: heard(strategy.onBars) })
  try {
    const { result } = simulate({ ...options, strategy: listened, slots })
    const events = result.events.map((event) => ({ at: event.at, text: JSON.stringify(event) }))
    return { answers, events, failure: null }
  } catch (error) {
    if (!(error instanceof StrategyError) || until === Number.POSITIVE_INFINITY) throw error
    return { answers, events: [], failure: error.message }
  }
}
