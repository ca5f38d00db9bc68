import { loadBars } from 'klinelab'

const { close } = await loadBars('binance:BTCUSDT:1h')

export const medianClose = close.slice().sort()[close.length >> 1]!
