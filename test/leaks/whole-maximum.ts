/** Leaks: the indicator divides by the highest price of the whole series, which most of its bars cannot know yet. */
import { buy, close, defineStrategy, type Indicator, loadBars } from 'klinelab'

const RANGE = { from: '2023-12-01', to: '2024-06-01' }
const top = (await loadBars('binance:BTCUSDT:1h', RANGE)).high.reduce((most, price) => Math.max(most, price), 0)

class Share {
  value = Number.NaN
  next(price: number): void {
    this.value = price / top
  }
}

const share: Indicator<'value'> = {
  ...{ name: 'share', key: 'share(close)', inputs: ['close'], outputs: ['value'], lookback: 1 },
  create: () => new Share(),
}

export default defineStrategy({
  name: 'whole-maximum',
  indicators: () => ({ share }),
  onBar({ ind, position }) {
    if (position.qty === 0 && ind.share < 0.4) return buy({ fraction: 0.9 })
    if (position.qty > 0 && ind.share > 0.8) return close()
  },
})
