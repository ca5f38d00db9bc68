import { compileRules, scalesOf } from '../../src/engine/index.ts'
import type { SimulateSlot } from '../../src/runs/simulate.ts'
import { type Bench, interleaved } from './bench.ts'
import { type PlainMarket, plainRotation } from './plain-rotation.ts'
import { hourlySeries } from './real-bars.ts'
import { assertSameEquity, assertSameFills, exampleStrategy, runOf, slotOf } from './setting.ts'

const CASH = 10_000

const bench: Bench = async () => {
  const recorded = await hourlySeries()
  if (recorded === null) {
    console.error('  skipped: the recorded 1h series are not beside this checkout')
    return []
  }
  const slots = await Promise.all(recorded.bars.map(async (bars) => withLastFilters(await slotOf(bars))))
  const markets = slots.map(marketOf)
  const isAligned = markets.every(({ bars }) =>
    bars.openTime.every((time, row) => time === markets[0]!.bars.openTime[row]),
  )
  if (!isAligned) throw new Error('the plain loop needs bars that open at the same times in all symbols')
  const run = runOf(await exampleStrategy('momentum-rotation'), slots, CASH)
  const loop = () => plainRotation(markets, CASH, 5000)

  const { result } = run()
  const plain = loop()
  assertSameFills(result.fills, plain.fills)
  assertSameEquity(result.equity.equity, plain.equity)
  if (result.fills.length < 100) throw new Error(`only ${result.fills.length} fills: the run measures nothing`)

  const [engine, flat] = interleaved([() => run().seconds * 1000, loop], 25, 5)
  const bars = markets.reduce((sum, market) => sum + market.bars.length, 0)
  const perBar = (ms: number) => `${((ms * 1e6) / bars).toFixed(1)} ns`
  return [
    {
      name: 'engine against a plain loop, momentum-rotation over 10 symbols',
      value: engine!.median / flat!.median,
      unit: '×',
      must: 5,
      aim: null,
      better: 'lower',
      detail: `10 × ${markets[0]!.bars.length} 1h bars 2022-01 to 2026-04, filters of 2022-12, ${result.fills.length} fills and the whole equity column identical; engine ${engine!.median.toFixed(1)} ms = ${perBar(engine!.median)} a bar (fastest ${perBar(engine!.fastest)}), loop ${flat!.median.toFixed(1)} ms = ${perBar(flat!.median)} (${perBar(flat!.fastest)})`,
    },
  ]
}

/** One set of filters for the whole run, so that the plain loop needs no calendar of them. */
function withLastFilters(slot: SimulateSlot): SimulateSlot {
  return { ...slot, instrument: { ...slot.instrument, snapshots: slot.instrument.snapshots.slice(-1) } }
}

function marketOf({ bars, instrument }: SimulateSlot): PlainMarket {
  const scales = scalesOf(instrument, bars.priceDecimals, false)
  const { price, lot, minNotional } = compileRules(instrument, instrument.snapshots[0]!, scales)
  return { bars, ...scales, tick: price.step, step: lot.step, minQty: lot.min, minNotional: Number(minNotional) }
}

export default bench
