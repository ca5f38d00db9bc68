/**
 * Peeks nowhere, though it could: it loads another coin's bars by itself and looks only at those that have closed, and it has an
 * indicator, a scaler and a state of its own.
 */
import {
  buy,
  classWeights,
  close,
  defineModel,
  defineStrategy,
  gbdt,
  type Indicator,
  loadBars,
  logReturn,
  pipeline,
  robustScaler,
  rsi,
  sma,
  type Transformer,
  tripleBarrier,
  walkForward,
} from 'klinelab'

const ether = await loadBars('binance:ETHUSDT:1h', { from: '2023-12-01', to: '2024-06-01' })
const rowAt = new Map(Array.from(ether.openTime, (time, row) => [time, row]))

class Ratio {
  value = Number.NaN
  next(time: number, price: number): void {
    const row = rowAt.get(time)
    this.value = row === undefined ? this.value : ether.close[row]! / price
  }
}

const ratio: Indicator<'value'> = {
  ...{ name: 'ratio', key: 'ratio(ETH, close)', inputs: ['openTime', 'close'], outputs: ['value'], lookback: 1 },
  create: () => new Ratio(),
}

const centring: Transformer = {
  ...{ kind: 'centring', settings: {} },
  fit({ matrix: { names, columns }, rows }) {
    const mean = columns.map((column) => rows.reduce((sum, row) => sum + column[row]!, 0) / rows.length)
    return {
      ...{ kind: 'centring', names },
      transform: (matrix) => ({
        ...matrix,
        columns: matrix.columns.map((column, k) => column.map((value) => value - mean[k]!)),
      }),
      stream: () => (row) => row.map((value, k) => value - mean[k]!),
      toJSON: () => ({ kind: 'centring', names, numbers: { mean } }),
    }
  },
}

export const model = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14), ratio }),
  also: () => ({ h4: { interval: '4h', features: { trend: sma(6).over('close') } } }),
  label: tripleBarrier({ up: 2, down: 2, horizon: 12, scale: 0.005 }),
  scale: pipeline([centring, robustScaler()]),
  rebalance: classWeights(),
  model: gbdt({ trees: 10, maxLeaves: 4 }),
  split: walkForward({ folds: 3, embargo: '1d' }),
  calibrate: 'platt',
})

export default defineStrategy({
  name: 'honest',
  models: { model },
  indicators: () => ({ ratio, mean: sma(24) }),
  also: { h4: { interval: '4h', indicators: () => ({ rsi: rsi(14) }) } },
  state: () => ({ held: 0 }),
  onBar({ also, models, position, state }) {
    state.held = position.qty > 0 ? state.held + 1 : 0
    if (position.qty === 0 && models.model.p > 0.6 && also.h4.ind.rsi < 60) return buy({ fraction: 0.9 })
    if (state.held > 24) return close()
  },
})
