import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratch } from '../cli/klinelab.ts'

/** Nine times the equity in one position after another, without a stop. */
const RECKLESS = `import { buy, close, defineStrategy, sell } from 'klinelab'
export default defineStrategy({
  name: 'reckless',
  state: () => ({ n: 0 }),
  onBar({ position, state, symbol }) {
    state.n++
    if (symbol !== 'BTCUSDT') return
    if (state.n % 100 === 1) return position.qty > 0 ? close() : buy({ fraction: 9 })
    if (state.n % 100 === 51) return position.qty < 0 ? close() : sell({ fraction: 9 })
  },
})
`

export const PERPETUALS = ['--data', 'binance-usdm:BTCUSDT:1h', 'binance-usdm:ETHUSDT:1h']

/** Arguments of a run that is liquidated, more than once and in parts. */
export function liquidatedRun(): readonly string[] {
  const range = ['--from', '2024-06-01', '--to', '2024-09-01']
  return [recklessFile(), ...PERPETUALS, ...range, '--leverage', '20', '--margin', 'isolated', '--cash', '1000000']
}

export function recklessFile(): string {
  const file = join(scratch(), 'reckless.ts')
  writeFileSync(file, RECKLESS)
  return file
}
