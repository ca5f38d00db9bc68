import type { Fill } from '../../src/core/fill.ts'
import { buy, type Decision, defineStrategy, sell } from '../../src/index.ts'

/** An order as no client in particular writes it. */
export interface ScriptOrder {
  readonly id: string
  readonly side: 'BUY' | 'SELL'
  readonly type: 'market' | 'limit' | 'stop' | 'touch'
  readonly qty: number
  readonly price?: number
  readonly reduceOnly?: boolean
}

/** What is asked for after which bar has closed. */
export type Script = ReadonlyMap<number, readonly ScriptOrder[]>

/** A fill as every client can tell it. */
export interface SeenFill {
  readonly side: string
  readonly price: number
  readonly qty: number
  readonly fee: number
  readonly maker: boolean
  readonly realised: number
}

/** The script as a strategy, for a backtest. */
export function strategyOf(script: Script) {
  return defineStrategy({
    name: 'script',
    state: () => ({ bar: -1 }),
    onBar({ state }): Decision {
      state.bar++
      return (script.get(state.bar) ?? []).map(({ id, side, type, qty, price, reduceOnly }) =>
        (side === 'BUY' ? buy : sell)({
          ...{ id, qty },
          ...(type !== 'market' && { [type]: price }),
          ...(reduceOnly && { reduceOnly }),
        }),
      )
    },
  })
}

export function seen({ side, price, qty, fee, liquidity, realised }: Fill): SeenFill {
  return { side: side.toUpperCase(), price, qty, fee, maker: liquidity === 'maker', realised }
}
