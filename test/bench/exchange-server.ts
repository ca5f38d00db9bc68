/** Plays the exchange in a process of its own, whose CPU time is nobody else's; told what to play, it says where it is. */
import { Exchange } from '../../src/exchange/exchange.ts'
import { barsOf, KEYS, slotOf, walk } from '../exchange/played.ts'

const [symbols = 1, rows = 100, speed = 'step'] = process.argv
  .slice(2)
  .map((text) => (text === 'step' || text === 'max' ? text : Number(text)))
const slots = Array.from({ length: symbols as number }, (_, k) =>
  slotOf(barsOf(walk(rows as number, k + 1), 10, k === 0 ? 'BTCUSDT' : `T${k}USDT`)),
)
const exchange = new Exchange({
  ...{ kind: 'usdm', slots, cash: 1_000_000, keys: KEYS, speed: speed as 'step' | 'max', controlPort: 0 },
  allowances: { weightPerMinute: 1e9, ordersPerLonger: 1e9, ordersPerTenSeconds: 1e9 },
  onError: (error) => {
    throw error
  },
})
const ports = await exchange.listen()
process.send!({ kind: 'listening', ...ports })
process.on('message', async (message) => {
  if (message === 'cpu') process.send!({ kind: 'cpu', ...process.cpuUsage() })
  if (message !== 'run') return
  await exchange.run()
  process.send!({ kind: 'over', time: exchange.market.now() })
})
process.on('disconnect', () => process.exit())
