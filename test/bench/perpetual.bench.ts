import type { Bars } from '../../src/core/bar.ts'
import type { Instrument } from '../../src/core/instrument.ts'
import { resampleBars } from '../../src/index.ts'
import { findDrawdowns } from '../../src/metrics/drawdown.ts'
import { pathBand } from '../../src/metrics/index.ts'
import type { SimulateSlot } from '../../src/runs/simulate.ts'
import { type Bench, interleaved } from './bench.ts'
import { hourlySeries, MINUTES_NOTE, realMinuteBars } from './real-bars.ts'
import { exampleStrategy, runOf, slotOf } from './setting.ts'

const CASH = 50_000
const HOUR = 3_600_000

/** One bracket for every size: what a tier costs to look up does not hang on how many there are below it. */
const TIERS = {
  symbol: 'any',
  asOf: 0,
  source: 'made by hand',
  brackets: [{ floor: '0', cap: '900000000', ratio: '0.004', cum: '0', leverage: 50 }],
}

/** Spot bars in the place of a perpetual's: marked at their own closes as a series of marks, funded every eight hours. */
function perpetualOf({ bars, instrument, costs }: SimulateSlot): SimulateSlot {
  const times = Float64Array.from(bars.openTime.filter((time) => time % (8 * HOUR) === 0))
  const perpetual: Instrument = { ...instrument, venue: 'binance-usdm', kind: 'perpetual' }
  return {
    bars,
    costs,
    instrument: perpetual,
    margin: { mode: 'cross', leverage: 3, tiers: TIERS, liquidationFee: 0.0125 },
    marks: { open: bars.open, high: bars.high, low: bars.low, close: bars.close, decimals: bars.priceDecimals },
    funding: {
      time: times,
      rate: times.map((time) => ((time / HOUR) % 24 === 0 ? -0.0001 : 0.0001)),
      mark: times.map(() => Number.NaN),
    },
  }
}

const bench: Bench = async () => {
  const smaCross = await exampleStrategy('sma-cross')
  const bars = await realMinuteBars()
  const slot = await slotOf(bars)
  const spot = runOf(smaCross, [slot], CASH)
  const perpetual = runOf(smaCross, [perpetualOf(slot)], CASH)
  const funded = perpetual().result.events.filter(({ type }) => type === 'funding').length
  if (funded < 100) throw new Error(`only ${funded} fundings: the run measures nothing`)
  const [onSpot, onMargin] = interleaved([() => spot().seconds * 1000, () => perpetual().seconds * 1000], 15, 5)
  const perBar = (ms: number, count = bars.length) => `${((ms * 1e6) / count).toFixed(1)} ns`

  const { result } = spot()
  const makerFee = { [bars.series.symbol]: slot.costs.feeMaker }
  // a run's figures come first, and have found its drawdowns
  const drawdowns = findDrawdowns(result.equity.equity, result.startEquity)
  const band = () => pathBand({ ...result, bars: [bars], makerFee, drawdowns })
  const [alone, repricing] = interleaved([() => spot().seconds * 1000, band], 15, 3)

  const hours = resampleBars(bars, '1h')
  const coarse = runOf(smaCross, [{ ...slot, bars: hours }], CASH)
  const detailed = runOf(smaCross, [{ ...slot, bars: hours, detail: bars }], CASH)
  const [plain, fine] = interleaved([() => coarse().seconds * 1000, () => detailed().seconds * 1000], 25, 8)

  return [
    {
      name: 'perpetual with marks and funding against spot, sma-cross',
      value: onMargin!.median / onSpot!.median,
      unit: '×',
      must: 1.6,
      aim: null,
      better: 'lower',
      detail: `${MINUTES_NOTE}, spot bars in the place of a perpetual's, ${bars.length} bars, ${funded} fundings charged; ${perBar(onMargin!.median)} a bar against ${perBar(onSpot!.median)}`,
    },
    {
      name: 'the default band on top of a run, sma-cross',
      value: (repricing!.median / alone!.median) * 100,
      unit: ' %',
      must: 10,
      aim: null,
      better: 'lower',
      detail: `${result.trades.length} trades, ${band().bars} bars that hang on the path; ${repricing!.median.toFixed(2)} ms on ${alone!.median.toFixed(1)} ms`,
    },
    {
      name: '--detail 1m against the same run without, sma-cross over hours',
      value: fine!.median / plain!.median,
      unit: '×',
      must: null,
      aim: 1.5,
      better: 'lower',
      detail: `${hours.length} bars made of ${bars.length}; ${perBar(fine!.median, hours.length)} a bar against ${perBar(plain!.median, hours.length)}`,
    },
    ...(await rotation()),
  ]
}

async function rotation(): ReturnType<Bench> {
  const recorded = await hourlySeries()
  if (recorded === null) return []
  const slots = await Promise.all(recorded.bars.map((bars: Bars) => slotOf(bars)))
  const strategy = await exampleStrategy('momentum-rotation')
  const spot = runOf(strategy, slots, 10_000)
  const cross = runOf(strategy, slots.map(perpetualOf), 10_000)
  const [onSpot, onMargin] = interleaved([() => spot().seconds * 1000, () => cross().seconds * 1000], 25, 5)
  return [
    {
      name: '10 symbols on cross margin against spot, momentum-rotation',
      value: onMargin!.median / onSpot!.median,
      unit: '×',
      must: 2,
      aim: null,
      better: 'lower',
      detail: `spot bars in the place of perpetuals', funding every eight hours; ${onMargin!.median.toFixed(1)} ms against ${onSpot!.median.toFixed(1)} ms`,
    },
  ]
}

export default bench
