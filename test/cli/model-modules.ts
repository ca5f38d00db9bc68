/** Text of a module with a small model and a strategy that asks it; what is given replaces the built-in parts. */
export function modelModule(parts: Readonly<Record<string, string>> = {}, more = ''): string {
  const definition = {
    series: `['binance:ETHUSDT:1h']`,
    features: '() => ({ r1: logReturn(1), r24: logReturn(24), rsi: rsi(14) })',
    label: 'direction({ horizon: 12 })',
    model: 'logisticRegression()',
    split: `walkForward({ folds: 3, embargo: '1d' })`,
    ...parts,
  }
  const body = Object.entries(definition)
    .map(([key, value]) => `  ${key}: ${value},\n`)
    .join('')
  return `import * as klinelab from 'klinelab'
const { atr, buy, classWeights, close, defineModel, defineStrategy, direction, ensemble, gbdt, logisticRegression, logReturn, lstm, purgedKFold, rsi, sma, smote, tripleBarrier, walkForward } = klinelab
export const up = defineModel({
${body}})
export default defineStrategy({
  name: 'asks',
  models: { up },
  onBar({ models, position }) {
    if (position.qty === 0 && models.up.p > 0.52) return buy({ fraction: 0.5 })
    if (position.qty > 0 && models.up.p < 0.48) return close()
  },
})
${more}`
}
