/** The public API: `import … from 'klinelab'`. */
export type { Bar, Bars } from './core/bar.ts'
export type { EvaluationDocument, EvaluationResult } from './core/evaluation.ts'
export type { RunEvent } from './core/event.ts'
export type { Fill } from './core/fill.ts'
export type { Indicator, IndicatorValue, Kernel } from './core/indicator.ts'
export type { RiskLimits } from './core/risk.ts'
export type { Certificate, EquityColumns, Metrics, RunDocument, RunResult } from './core/run.ts'
export type {
  CrossValidation,
  Overfitting,
  Params,
  ReturnsSummary,
  SweepDocument,
  SweepResult,
  Trial,
  TrialOutcome,
  WalkForwardDocument,
  WalkForwardResult,
} from './core/search.ts'
export type { OpenTrade, Trade } from './core/trade.ts'
export {
  type BarFigures,
  DataError,
  type MarketFigures,
  type Mix,
  type Ranked,
  type RankOptions,
  rankBars,
  rankMarkets,
} from './data/index.ts'
export { calibrationCurve } from './metrics/calibration-error.ts'
export { classificationMetrics } from './metrics/classification.ts'
export { CLASSIFICATION_METRICS } from './metrics/classification-table.ts'
export { crossValidate } from './metrics/cross-validation.ts'
export { featureDrift } from './metrics/drift.ts'
export { effectiveTrials } from './metrics/effective-trials.ts'
export { judgeOverfitting, type OverfittingOptions } from './metrics/overfitting.ts'
export { precisionRecallCurve } from './metrics/precision-recall.ts'
export { summarise } from './metrics/returns-summary.ts'
export { rocAuc, rocCurve } from './metrics/roc.ts'
export {
  deflatedSharpe,
  expectedMaximumSharpe,
  minimumTrackRecord,
  type ObservedSharpe,
  probabilisticSharpe,
} from './metrics/sharpe-odds.ts'
export { sweepThresholds } from './metrics/threshold-money.ts'
export * from './models/index.ts'
export * from './preprocess/index.ts'
export * from './runs/index.ts'
export * from './runs/strategy-api.ts'
