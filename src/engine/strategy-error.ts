import type { Slot } from './slot.ts'
import { snapshot } from './view.ts'

/** The strategy's own code failed: the message says which strategy, at which bar, where in the file, with what inputs. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError'
}

/** Where klinelab itself lies: `…/src/` in a checkout, `…/dist/` in the package. */
const OWN = new URL('..', import.meta.url).href

/** First frame of a stack that is user code: `file:line:column`, or nothing. */
export function userFrame(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n').slice(1)) {
    const place = /[\s(]((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/.exec(line.trimEnd())?.[1]
    if (place === undefined) continue
    const path = place.replace(/^file:\/\//, '')
    if (!path.startsWith(OWN.replace(/^file:\/\//, '')) && !/[\\/]node_modules[\\/]/.test(path)) return path
  }
  return ''
}

/** What the strategy was shown, as an error quotes it. */
export function inputsText(slot: Slot, params: object): string {
  if (!slot.hasBegun) return JSON.stringify({ params })
  const round = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  return JSON.stringify(
    {
      bar: snapshot(slot.bar, ['openTime', 'open', 'high', 'low', 'close', 'volume']),
      ind: slot.ind,
      position: { qty: slot.position.qty },
      params,
    },
    round,
  )
}
