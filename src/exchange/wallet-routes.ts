import type { AccountBook } from './account-book.ts'
import { type Account, type Routes, SIGNED } from './route.ts'
import { balancesOf } from './spot-account.ts'

/**
 * What clients ask of the wallet and of margin trading before anything else, as ccxt does: there are coins, of which none can be paid in
 * or out, and no pairs to borrow for.
 */
export function walletRoutes({ book }: Pick<Account, 'book'>, kind: 'usdm' | 'spot'): Routes {
  const noPairs = { security: 'key', weight: 1, answer: () => [] } as const
  return {
    'GET /sapi/v1/capital/config/getall': {
      ...SIGNED,
      weight: 10,
      answer: () => (kind === 'spot' ? balancesOf(book) : emptyWallet(book)).map(coinReply),
    },
    'GET /sapi/v1/margin/allPairs': noPairs,
    'GET /sapi/v1/margin/isolated/allPairs': noPairs,
  }
}

/** Beside an account of futures the wallet of spot has nothing. */
function emptyWallet({ quote, traded }: AccountBook) {
  const coins = new Set([quote, ...[...traded.values()].map(({ slot }) => slot.instrument.base)])
  return [...coins].map((asset) => ({ asset, free: '0', locked: '0' }))
}

function coinReply({
  asset,
  free,
  locked,
}: {
  readonly asset: string
  readonly free: string
  readonly locked: string
}) {
  return {
    coin: asset,
    name: asset,
    depositAllEnable: false,
    withdrawAllEnable: false,
    free,
    locked,
    freeze: '0',
    withdrawing: '0',
    ipoing: '0',
    ipoable: '0',
    storage: '0',
    isLegalMoney: false,
    trading: true,
    networkList: [],
  }
}
