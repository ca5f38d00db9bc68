import { existsSync } from 'node:fs'
import { fromLedger, ledgerFor } from '../../core/money.ts'
import { PARITY_CAUSES, type ParityDifference, type ParityDocument } from '../../core/parity.ts'
import type { EngineResult } from '../../core/run.ts'
import { parseSeries, seriesName } from '../../core/series.ts'
import { openStore } from '../../data/index.ts'
import type { Strategy } from '../../engine/index.ts'
import { codeHash } from '../code-hash.ts'
import { loadStrategy } from '../load-strategy.ts'
import { EMBEDDED, VERSION } from '../package-info.ts'
import { modelsAsked } from '../prepare.ts'
import type { Settings } from '../settings.ts'
import type { TrainingHost } from '../train-run.ts'
import { UsageError } from '../usage-error.ts'
import { differingFiles, netUnits, SessionBacktests } from './parity-backtest.ts'
import { compareBars, minutesOf } from './parity-bars.ts'
import { compareForeign } from './parity-foreign.ts'
import { comparePaid } from './parity-funding.ts'
import { type Item, unitsOf } from './parity-money.ts'
import { compareOrders } from './parity-orders.ts'
import { barOfIntervals } from './parity-pairs.ts'
import { type PlayedSession, playSession, type RecordedSession, readRecorded } from './parity-session.ts'
import { type Step, stepsOf } from './parity-steps.ts'
import type { SessionFile } from './session-file.ts'
import { pickModels } from './session-models.ts'

const DAY = 86_400_000

/**
 * A paper session beside a backtest of its own bars: every difference with its cause, and what each did to the result. What they leave
 * of the whole difference is unexplained.
 * @throws UsageError where its strategy is not the one that it ran, or there is nothing to compare
 */
export async function parity(dir: string, settings: Settings, host: TrainingHost = {}): Promise<ParityDocument> {
  const recorded = await readRecorded(dir)
  const { file } = recorded
  const strategy = await strategyOf(file)
  const models = await modelsOf(file, strategy, settings, host)
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const minutes = await minutesOf(store, recorded)
  const beside = file.slots.map((_, k) => ({ ...minutes[k], ...(models[k] !== undefined && { models: models[k] }) }))
  const played = playSession(recorded, strategy, beside)
  const compared = await compareBars(store, recorded, played)
  const backtests = new SessionBacktests(recorded, strategy, beside)
  const { backtest, steps, reached, unaccounted } = stepsOf(recorded, played, compared, backtests)
  const last = file.fills === 'told' ? orderSteps(file, played, reached) : localSteps(played.result, reached)
  const foreign = compareForeign(recorded, played)
  return documentOf(recorded, played, backtest, {
    steps: [...steps, ...last.steps, ...foreign.steps],
    unaccounted: [...unaccounted, ...last.unaccounted, ...foreign.unaccounted],
    beside: foreign.units + foreign.steps.reduce((sum, { units }) => sum + units, 0),
    remarks: [...compared.remarks, ...versionRemarks(recorded)],
  })
}

/** @throws UsageError where it cannot be loaded, or has changed since */
async function strategyOf({ strategy: { file, code, name } }: SessionFile): Promise<Strategy> {
  if (!existsSync(file)) throw new UsageError(`${file}: the strategy that the session ran is not there any more`)
  if (codeHash(file).hash !== code)
    throw new UsageError(
      `${file}: the code of ${name} has changed since the session began: what it did then nobody can run again; bring that code back`,
    )
  return (await loadStrategy(file)).strategy
}

/** The models that the session asks, by slot. @throws UsageError where they are not there any more */
async function modelsOf(file: SessionFile, strategy: Strategy, settings: Settings, host: TrainingHost) {
  if (file.models.length === 0) return file.slots.map(() => undefined)
  const own = pickModels(settings.out, file)
  const pick: typeof own = (model) => {
    const found = own(model)
    if (found !== null) return found
    throw new UsageError(
      `model ${model.name}: the one that the session asked is not among the runs in ${settings.out} any more`,
    )
  }
  const series = file.slots.map((slot) => slot.series)
  const asked = { strategy, file: file.strategy.file, series, allowInSample: false }
  const { models } = await modelsAsked(asked, { from: file.from }, settings, { ...host, pick, isSession: true })
  return series.map((name) => models!.live(parseSeries(name), file.from))
}

interface Rest {
  readonly steps: readonly Step[]
  readonly unaccounted: readonly string[]
}

/** Where orders met bars nothing may be left: the session is the same engine. */
function localSteps(paper: EngineResult, reached: EngineResult): Rest {
  const files = differingFiles(paper, reached)
  if (files.length === 0) return { steps: [], unaccounted: [] }
  return { steps: [], unaccounted: [`with its own bars, rates and commands the session's ${files.join(', ')} differ`] }
}

/** What an exchange did otherwise: order by order, and in funding. */
function orderSteps(
  { slots, cash }: SessionFile,
  { result: paper, instants }: PlayedSession,
  reached: EngineResult,
): Rest {
  const end = instants.at(-1)!.at
  const ledger = ledgerFor(cash)
  const bySymbol = <Of>(of: (slot: SessionFile['slots'][number]) => Of) =>
    Object.fromEntries(slots.map((slot) => [slot.instrument.symbol, of(slot)]))
  const barOf = barOfIntervals(bySymbol(({ series }) => parseSeries(series).interval))
  const beside = comparePaid(paper.events, reached.events)
  const items = [
    ...compareOrders(paper, reached, { ledger, costs: bySymbol(({ costs }) => costs), barOf, end, beside }),
    ...beside,
  ].sort((a, b) => a.at - b.at)
  let [exact, units] = [0n, 0]
  const steps: Step[] = []
  const unaccounted: string[] = []
  for (const { exact: own, cause, ...item } of items) {
    exact += own
    const before = units
    units = unitsOf(exact, ledger)
    if (cause === null) unaccounted.push(`${item.text}: ${item.paper} on paper, ${item.backtest} in the backtest`)
    else steps.push({ ...item, cause, units: units - before })
  }
  const rest = netUnits(paper, cash) - netUnits(reached, cash) - units
  const most = paper.fills.length + reached.fills.length + 2 * slots.length
  // each fill's notional is rounded to the unit against the trader, and so is what is held in the end
  if (rest !== 0 && items.length > 0 && Math.abs(rest) <= most)
    steps.push(roundingStep(items.at(-1)!, rest, fromLedger(ledger, 1)))
  return { steps, unaccounted }
}

function roundingStep({ symbol, at }: Item, units: number, unit: number): Step {
  const text = `amounts of fills are rounded to ${unit.toFixed(8)} each`
  return { cause: 'price', symbol, at, text, paper: '', backtest: '', units }
}

function versionRemarks({ file, records }: RecordedSession): string[] {
  const versions = records.flatMap((record) => (record.kind === 'opened' ? [record.version] : []))
  const others = [...new Set([file.klinelab, ...versions])].filter((version) => version !== VERSION)
  return others.map((version) => `the session ran on klinelab ${version}, and this is ${VERSION}`)
}

function documentOf(
  { file }: RecordedSession,
  played: PlayedSession,
  backtest: EngineResult,
  { steps, unaccounted, remarks, beside }: Rest & { readonly remarks: readonly string[]; readonly beside: number },
): ParityDocument {
  const { instants, result: paper, traded } = played
  const ledger = ledgerFor(file.cash)
  const money = (units: number) => fromLedger(ledger, units)
  // the session's own engine knows nothing of what others did to its account
  const net = { paper: netUnits(paper, file.cash) + beside, backtest: netUnits(backtest, file.cash) }
  const explained = steps.reduce((sum, { units }) => sum + units, 0)
  const unexplained = net.paper - net.backtest - explained
  const isSame =
    file.fills === 'bars' ? differingFiles(paper, backtest).length === 0 : steps.length === 0 && unexplained === 0
  return {
    ...{ session: file.name, strategy: file.strategy.name, code: file.strategy.code, params: file.params },
    series: file.slots.map(({ series }) => seriesName(parseSeries(series))),
    ...{ broker: file.broker, mode: file.mode.kind, quote: file.quote, cash: file.cash },
    from: Math.min(...instants[0]!.bars.map(({ openTime }) => openTime)),
    to: instants.at(-1)!.at,
    days: traded / DAY,
    bars: instants.reduce((sum, { bars }) => sum + bars.length, 0),
    same: isSame && unaccounted.length === 0,
    fills: { paper: paper.fills.length, backtest: backtest.fills.length },
    netProfit: { paper: money(net.paper), backtest: money(net.backtest) },
    causes: PARITY_CAUSES.map((cause) => {
      const own = steps.filter((step) => step.cause === cause)
      return { cause, count: own.length, money: money(own.reduce((sum, { units }) => sum + units, 0)) }
    }),
    differences: steps.map(({ units, ...step }): ParityDifference => ({ ...step, money: money(units) })),
    unexplained: money(unexplained),
    ...{ unaccounted, remarks },
  }
}
