import type { Instrument } from '../core/instrument.ts'
import { writtenDecimals } from './fixed-text.ts'
import type { Precision } from './wire.ts'

/** What spot writes everything with. */
const EIGHT = 8

/** Decimals of a symbol: those that its tick and step are written with; of a symbol without them as many as there are. */
export function precisionOf({ kind, snapshots }: Instrument, priceDecimals: number): Precision {
  if (kind === 'spot') return { price: EIGHT, quantity: EIGHT }
  const { price, lot } = snapshots.at(-1)!.filters
  return {
    price: price === undefined ? priceDecimals : Math.max(priceDecimals, writtenDecimals(price.tick)),
    quantity: lot === undefined ? EIGHT : writtenDecimals(lot.step),
  }
}
