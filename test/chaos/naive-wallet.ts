import { parseDecimal } from '../../src/core/decimal.ts'

/** Amounts as whole numbers of 10^-8, which is what the account is kept in. */
export function units(amount: string | number): bigint {
  const { digits, decimals } = parseDecimal(typeof amount === 'number' ? plain(amount) : amount)
  if (decimals <= 8) return digits * 10n ** BigInt(8 - decimals)
  const spare = 10n ** BigInt(decimals - 8)
  if (digits % spare !== 0n) throw new RangeError(`${amount} has more than 8 decimals`)
  return digits / spare
}

function plain(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(8) : text
}

/** One execution, in decimal text; `fee` in the quote asset. */
export interface Execution {
  readonly side: 'buy' | 'sell'
  readonly qty: string
  readonly price: string
  readonly fee: string
}

/** What a wallet must hold: the least and the most, which differ only while a position has been closed in part. */
export interface Expected {
  readonly position: bigint
  readonly least: bigint
  readonly most: bigint
}

/**
 * The account by hand: money that came and went, and what an open position cost. Of a part that is closed the cost's last unit may go
 * either way; when the position is flat nothing is left of that.
 */
export function expectedWallet(start: bigint, fills: readonly Execution[], funding: readonly string[]): Expected {
  let [wallet, position, cost, slack] = [start, 0n, 0n, 0n]
  for (const { side, qty, price, fee } of fills) {
    wallet -= units(fee)
    let left = units(qty) * (side === 'buy' ? 1n : -1n)
    const isClosing = position !== 0n && position > 0n !== left > 0n
    if (isClosing) {
      const part = abs(left) < abs(position) ? left : -position
      const share = part === -position ? cost : (cost * -part) / position
      if (part !== -position) slack++
      wallet += -notional(part, price) - share
      cost -= share
      position += part
      left -= part
      if (position === 0n) {
        ;[cost, slack] = [0n, 0n]
      }
    }
    if (left === 0n) continue
    cost += notional(left, price)
    position += left
  }
  for (const paid of funding) wallet += units(paid)
  return { position, least: wallet - slack, most: wallet + slack }
}

/** Signed; exact, since steps and ticks have few decimals. */
function notional(qty: bigint, price: string): bigint {
  const product = qty * units(price)
  if (product % 100_000_000n !== 0n) throw new RangeError(`${qty} × ${price} has more than 8 decimals`)
  return product / 100_000_000n
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
