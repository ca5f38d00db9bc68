import type { Bar } from '../core/bar.ts'
import type { Decision, OrderView, Request } from '../core/order.ts'
import type { AccountView, BarContext, BarsContext, PositionView, Strategy } from '../engine/index.ts'

/** Name → value; an output of an indicator that has several is `macd.signal`. NaN where there was none yet. */
export type Values = Readonly<Record<string, number>>

/** What a strategy was shown of one instrument at one close, before it answered. */
export interface Sight {
  /** Close time, UTC ms. */
  readonly at: number
  readonly symbol: string
  readonly bar: Bar
  readonly ind: Values
  readonly prev: Values
  /** Higher intervals: name → bar and indicators; none where only `onBars` looks. */
  readonly also: Readonly<Record<string, { readonly bar: Bar; readonly ind: Values; readonly prev: Values }>>
  /** What its models said: `direction.p`. */
  readonly models: Values
  readonly account: Values
  readonly position: Values
  readonly orders: readonly OrderView[]
  /** Of the strategy, as it was before the call. */
  readonly state: unknown
}

/** What a hook returned. */
export interface Answer {
  readonly at: number
  /** `null`: `onBars`. */
  readonly symbol: string | null
  readonly requests: readonly Request[]
}

/** Instants worth a look, both ends included, UTC ms. */
export interface Look {
  readonly from: number
  readonly to: number
}

/** What was seen while a run was made again. */
export interface Seen {
  readonly sights: Sight[]
  readonly answers: Answer[]
  /** Open orders of the instrument followed, at the closes at which it had any. */
  readonly resting: { readonly at: number; readonly orders: readonly OrderView[] }[]
  /** When all was over, what is closed at the end included. */
  account: Values | null
}

/** An instrument whose open orders are noted at every close of a stretch. */
export interface Followed extends Look {
  readonly symbol: string
}

type Hook = (context: never) => Decision
type Shown = BarContext<unknown, never, Readonly<Record<string, never>>, unknown>
type Together = BarsContext<unknown, never, unknown>

/**
 * The same strategy with somebody looking over its shoulder: it is shown and returns what it always was and did, and what
 * it saw and said at the instants looked at is kept. Of the first run alone: those that `--stress` and `--band full` make
 * after it, with other costs or another path, are other accounts.
 */
export function watched(
  strategy: Strategy,
  looks: readonly Look[],
  followed: Followed | null,
): { readonly strategy: Strategy; readonly seen: Seen } {
  const seen: Seen = { sights: [], answers: [], resting: [], account: null }
  const isNear = (at: number) => seen.account === null && looks.some(({ from, to }) => from <= at && at <= to)
  const follow = (at: number, symbol: string, orders: () => readonly OrderView[]) => {
    if (seen.account !== null || followed === null || symbol !== followed.symbol) return
    if (at < followed.from || at > followed.to) return
    const open = orders()
    if (open.length > 0) seen.resting.push({ at, orders: open })
  }
  const keep = (at: number, symbol: string | null, decision: Decision) => {
    const requests = requestsOf(decision)
    if (requests.length > 0) seen.answers.push({ at, symbol, requests: structuredClone(requests) })
    return decision
  }
  const { onBar, onBars, onStop } = strategy
  const sawBar = (context: Shown): Decision => {
    const { at, symbol } = context
    follow(at, symbol, () => context.orders)
    if (!isNear(at)) return (onBar as Hook)(context as never)
    seen.sights.push(sightOf(context))
    return keep(at, symbol, (onBar as Hook)(context as never))
  }
  const sawBars = (context: Together): Decision => {
    const { at, symbols } = context
    if (onBar === null)
      for (const symbol of symbols)
        if (context.bars[symbol]!.closeTime === at) follow(at, symbol, () => context.orders[symbol]!)
    if (!isNear(at)) return (onBars as Hook)(context as never)
    if (onBar === null) for (const symbol of symbols) seen.sights.push(sightTogether(context, symbol))
    return keep(at, null, (onBars as Hook)(context as never))
  }
  const stopped = (context: { readonly account: AccountView }) => {
    seen.account ??= numbersOf(context.account)
    onStop?.(context as never)
  }
  const hooks = {
    onBar: onBar === null ? null : (sawBar as unknown as Hook),
    onBars: onBars === null ? null : (sawBars as unknown as Hook),
    onStop: stopped as unknown as NonNullable<Strategy['onStop']>,
  }
  return { strategy: Object.freeze({ ...strategy, ...hooks }), seen }
}

function sightOf(context: Shown): Sight {
  const { at, symbol, bar, ind, prev, also, models, account, position, orders, state } = context
  const higher = Object.entries(also as Record<string, { bar: Bar; ind: object; prev: object }>)
  return {
    ...{ at, symbol, bar: barOf(bar), ind: valuesOf(ind), prev: valuesOf(prev) },
    also: Object.fromEntries(
      higher.map(([name, one]) => [name, { bar: barOf(one.bar), ind: valuesOf(one.ind), prev: valuesOf(one.prev) }]),
    ),
    models: valuesOf(models),
    ...{ account: numbersOf(account), position: numbersOf(position), orders, state: structuredClone(state) },
  }
}

function sightTogether(context: Together, symbol: string): Sight {
  const { at, account, state } = context
  return {
    ...{ at, symbol, bar: barOf(context.bars[symbol]!), also: {} },
    ...{ ind: valuesOf(context.inds[symbol]!), prev: valuesOf(context.prevs[symbol]!) },
    models: valuesOf(context.models[symbol]!),
    ...{ account: numbersOf(account), position: numbersOf(context.positions[symbol]!) },
    ...{ orders: context.orders[symbol]!, state: structuredClone(state) },
  }
}

/** Views are reused from bar to bar; their `toJSON` is the way to copy one. */
function shownBy(view: object): Record<string, unknown> {
  return (view as { toJSON(): Record<string, unknown> }).toJSON()
}

function barOf(bar: Bar): Bar {
  return shownBy(bar) as unknown as Bar
}

function numbersOf(view: AccountView | PositionView): Values {
  return shownBy(view) as Record<string, number>
}

function valuesOf(view: object): Values {
  return Object.fromEntries(
    Object.entries(shownBy(view)).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(shownBy(value)).map(([output, inner]) => [`${name}.${output}`, inner as number])
        : [[name, value as number]],
    ),
  )
}

function requestsOf(decision: Decision): Request[] {
  const all = Array.isArray(decision) ? decision : [decision]
  return all.filter((one): one is Request => typeof one === 'object' && one !== null)
}
