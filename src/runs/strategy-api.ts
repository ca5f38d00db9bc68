/**
 * What strategies are written with: the part of the public API that a run has loaded anyway. A module that names nothing else
 * is handed this in the place of all of it (`resolve-to-this-copy.ts`), which would be a hundred and fifty files more.
 */
export { INTERVALS, type Interval } from '../core/interval.ts'
export {
  amend,
  buy,
  cancel,
  cancelAll,
  close,
  type Decision,
  type Offset,
  type OrderOptions,
  type OrderView,
  type Request,
  sell,
} from '../core/order.ts'
export { resampleBars } from '../core/resample.ts'
export { parseSeries, type Series, seriesName } from '../core/series.ts'
export {
  type AccountView,
  type BarContext,
  type BarsContext,
  bool,
  breakEvenStop,
  chandelierStop,
  choice,
  defineStrategy,
  equalRisk,
  int,
  kelly,
  moveStop,
  num,
  type PositionView,
  type Strategy,
  type TradeRecord,
  timeStop,
  volatilityTarget,
} from '../engine/index.ts'
export * from '../indicators/index.ts'
