export { Detail } from './detail.ts'
export { Engine } from './engine.ts'
export { type CostOptions, costsOf } from './fee-model.ts'
export { findRefusal, type Refusal } from './filter-check.ts'
export { bool, choice, int, num, type ParamValue, type ParamValues, resolveParams } from './params.ts'
export { checkLimits, NO_LIMITS, resolveRisk } from './risk-limits.ts'
export { compileRules, scalesOf } from './rules.ts'
export { equalRisk, kelly, type TradeRecord, volatilityTarget } from './sizes.ts'
export { marketParts } from './sizing.ts'
export type { HigherColumns, ReferenceAt, SlotOptions } from './slot-options.ts'
export { breakEvenStop, chandelierStop, moveStop, timeStop } from './stops.ts'
export {
  type AccountView,
  type BarContext,
  type BarsContext,
  defineStrategy,
  isStrategy,
  type PositionView,
  type Strategy,
} from './strategy.ts'
export { StrategyError } from './strategy-error.ts'
export type { IndicatorColumns } from './view.ts'
