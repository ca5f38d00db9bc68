/** Leaks: the strategy looks up tomorrow's price in bars that it has loaded by itself. */
import { buy, close, defineStrategy, loadBars } from 'klinelab'

const RANGE = { from: '2023-12-01', to: '2024-06-01' }
const DAY = 24 * 60 * 60 * 1000
const bars = await loadBars('binance:BTCUSDT:1h', RANGE)
const prices = new Map(Array.from(bars.openTime, (time, row) => [time, bars.close[row]!]))

export default defineStrategy({
  name: 'tomorrow',
  onBar({ bar, position }) {
    const later = prices.get(bar.openTime + DAY)
    if (later === undefined) return
    if (position.qty === 0 && later > 1.02 * bar.close) return buy({ fraction: 0.9 })
    if (position.qty > 0 && later < bar.close) return close()
  },
})
