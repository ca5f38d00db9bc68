import type { Told } from '../../core/told.ts'
import type { BrokerNote } from './paper-broker.ts'

/** A fill of the session as a broker noted it. */
interface ToldTrade {
  readonly told: Extract<Told, { kind: 'fill' }>
  /** The exchange's id of the trade. */
  readonly tradeId: string
}

/** @returns `null` for a note of anything else */
export function toldTradeOf(note: BrokerNote): ToldTrade | null {
  if (note.note !== 'told') return null
  const told = note['told'] as Told
  // `trade SYMBOL id`
  return told.kind === 'fill' ? { told, tradeId: String(note['key']).split(' ').at(-1)! } : null
}
