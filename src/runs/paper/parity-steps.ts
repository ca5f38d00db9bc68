import type { ParityCause } from '../../core/parity.ts'
import type { EngineResult } from '../../core/run.ts'
import { timeName } from '../../core/time.ts'
import type { FeedFunding } from './feed.ts'
import { PAUSES } from './live-run.ts'
import { differingFiles, type Given, netUnits, type SessionBacktests } from './parity-backtest.ts'
import type { Compared, RowDifference } from './parity-bars.ts'
import { compareRates, rateText } from './parity-funding.ts'
import type { Row } from './parity-rows.ts'
import type { PlayedCommand, PlayedSession, RecordedSession } from './parity-session.ts'

/** A difference with what it did, in units of the ledger. */
export interface Step {
  readonly cause: ParityCause
  readonly symbol: string
  readonly at: number
  readonly text: string
  readonly paper: string
  readonly backtest: string
  readonly units: number
}

/** A backtest on what is known now, and what turns it, one thing after another, into one of what the session knew and was told. */
export interface Steps {
  /** On what is known now. */
  readonly backtest: EngineResult
  readonly steps: readonly Step[]
  /** With the session's bars, and its commands. */
  readonly reached: EngineResult
  readonly unaccounted: readonly string[]
}

/** Differences that are run one by one; what is beyond is run together. */
const MOST = 40

/** One thing that can be put in the place of another. */
interface Change {
  readonly cause: ParityCause
  readonly symbol: string
  readonly at: number
  readonly text: string
  readonly paper: string
  readonly backtest: string
}

/** From a backtest on what is known now to one of the session's bars, rates and commands. */
export function stepsOf(
  recorded: RecordedSession,
  played: PlayedSession,
  compared: Compared,
  backtests: SessionBacktests,
): Steps {
  const { file } = recorded
  const symbols = file.slots.map(({ instrument }) => instrument.symbol)
  const steps: Step[] = []
  const backtest = backtests.simulated({ rows: compared.present, funding: compared.funding })
  let reached = backtest
  const through = <Of>(
    all: readonly Of[],
    changeOf: (one: Of) => Change,
    run: (first: readonly Of[]) => EngineResult,
  ) => {
    for (let done = 0; done < all.length; ) {
      const next = all.length - done > 1 && done === MOST - 1 ? all.length : done + 1
      const result = run(all.slice(0, next))
      const change = changeOf(all[done]!)
      const more = next - done - 1
      const text = more === 0 ? change.text : `${change.text}, and ${more} more of this kind after it`
      // to let go on what goes on is no difference
      const isNothing = change.cause === 'state' && differingFiles(result, reached).length === 0
      const units = netUnits(result, file.cash) - netUnits(reached, file.cash)
      if (!isNothing) steps.push({ ...change, text, units })
      reached = result
      done = next
    }
  }

  through(
    compared.differences,
    (one) => ({ cause: 'data', symbol: symbols[one.slot]!, ...barTexts(one) }),
    (first) => backtests.simulated(withBars(compared, first)),
  )
  const funding = file.fills === 'told' ? compared.funding : compared.ownFunding
  const rates = file.fills === 'told' ? [] : compareRates(compared.ownFunding, compared.funding)
  through(
    rates,
    (one) => ({
      ...{ cause: 'funding', symbol: symbols[one.slot]!, at: one.at, text: one.text },
      ...{ paper: rateText(one.own), backtest: rateText(one.present) },
    }),
    (first) => backtests.simulated({ rows: recorded.own, funding: withRates(compared.funding, first) }),
  )

  const unaccounted: string[] = []
  const told = file.fills === 'told' ? funding : 'as told'
  const alone = backtests.commanded(played.instants, told, [])
  const late = file.fills === 'told' ? [] : lateRates(played)
  if (late.length > 0)
    through(
      [late],
      (all) => lateChange(all, symbols),
      () => alone,
    )
  else {
    const files = differingFiles(alone, reached)
    if (files.length > 0)
      unaccounted.push(
        `the session's own bars, told one by one, come to other ${files.join(', ')} than the backtest engine's loop over them`,
      )
    // by how much they differ no step says
    reached = alone
  }
  const stretches = haltsOf(played.commands)
  through(stretches, haltChange, (first) => backtests.commanded(played.instants, told, first.flat()))
  return { backtest, steps, reached, unaccounted }
}

function withBars({ present, funding }: Compared, changes: readonly RowDifference[]): Given {
  const rows = present.map((all, slot) => {
    const changed = new Map(all)
    for (const { at, own } of changes.filter((one) => one.slot === slot))
      if (own === null) changed.delete(at)
      else changed.set(at, own)
    return changed
  })
  return { rows, funding }
}

function withRates(
  all: readonly (readonly FeedFunding[] | null)[],
  changes: readonly { readonly slot: number; readonly at: number; readonly own: FeedFunding | null }[],
): Given['funding'] {
  return all.map(
    (rates, slot) =>
      rates?.flatMap((one) => {
        const change = changes.find((other) => other.slot === slot && other.at === one.time)
        if (change === undefined) return [one]
        return change.own === null ? [] : [change.own]
      }) ?? null,
  )
}

function barTexts({ at, own, present, text }: RowDifference): Omit<Change, 'cause' | 'symbol'> {
  return { at, text, paper: own === null ? 'none' : barText(own), backtest: barText(present) }
}

function barText({ open, high, low, close, volume }: Row): string {
  return `${open} ${high} ${low} ${close} (${volume})`
}

/** Rates that came when the bar that they belong to had closed. */
function lateRates({ instants }: PlayedSession): FeedFunding[] {
  const closed = new Map<number, number>()
  return instants.flatMap(({ at, funding, bars }) => {
    const late = funding.filter(({ slot, time }) => time < (closed.get(slot) ?? Number.NEGATIVE_INFINITY))
    for (const { slot } of bars) closed.set(slot, at)
    return late
  })
}

function lateChange(late: readonly FeedFunding[], symbols: readonly string[]): Change {
  const [first] = late as readonly [FeedFunding]
  const more = late.length > 1 ? `, as ${late.length - 1} later ones did` : ''
  return {
    ...{ cause: 'funding', symbol: symbols[first.slot]!, at: first.time },
    text: `the funding of ${timeName(first.time)} came after its bar had closed, and was charged with the next${more}`,
    ...{ paper: 'charged later', backtest: 'charged in time' },
  }
}

/** Commands from one that halts up to where nothing is halted any more: a pause has an end of its own. */
function haltsOf(commands: readonly PlayedCommand[]): (readonly PlayedCommand[])[] {
  const all: PlayedCommand[][] = []
  const open = new Set<string>()
  for (const one of commands) {
    if (open.size > 0) all.at(-1)!.push(one)
    else all.push([one])
    const which = PAUSES.includes(one.by) ? one.by : 'halt'
    if (one.command === 'resume') open.delete(which)
    else open.add(which)
  }
  return all
}

function haltChange(commands: readonly PlayedCommand[]): Change {
  const [first] = commands as readonly [PlayedCommand]
  const last = commands.at(-1)!
  const until = commands.length > 1 && last.command === 'resume' ? ` until ${timeName(last.at)}` : ''
  const did = { halt: 'was halted', flatten: 'was halted and everything closed', resume: 'was resumed' }[first.command]
  return {
    ...{ cause: 'state', symbol: '', at: first.at },
    text: `the session ${did} by ${first.by}${until}: ${first.why}`,
    ...{ paper: commands.map(({ command }) => command).join(', '), backtest: 'nobody halts it' },
  }
}
