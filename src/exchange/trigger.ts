import { parseDecimal } from '../core/decimal.ts'
import { compare } from './amounts.ts'
import type { WireSide } from './exchange-order.ts'
import type { WrittenDecimal } from './params.ts'

/** Whether the last price is at a trigger already, or beyond it. */
export function isReached(last: string, side: WireSide, type: string, trigger: WrittenDecimal): boolean {
  const order = compare(parseDecimal(last), trigger.value)
  const waitsAbove = (side === 'BUY') === type.startsWith('STOP')
  return waitsAbove ? order >= 0 : order <= 0
}
