import { loadBars } from 'klinelab'

const RANGE = { from: '2023-12-01', to: '2024-06-01' }
const { close } = await loadBars('binance:BTCUSDT:1h', RANGE)

export const medianClose = close.slice().sort()[close.length >> 1]!
