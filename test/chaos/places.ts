import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '..', '..')
export const MAIN = join(ROOT, 'src', 'cli', 'main.ts')
export const STRATEGY = join(import.meta.dirname, 'restless-brackets.ts')
export const SERIES = 'binance-usdm:BTCUSDT:1h'
export const SYMBOL = 'BTCUSDT'
export const CASH = 100_000

/** Nothing of the user's settings, and nothing kept where he would find it: waits of venues, and who trades which account. */
export function ownEnv(home: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('KLINELAB_'))
  return { ...Object.fromEntries(own), XDG_CACHE_HOME: home, XDG_STATE_HOME: home }
}
