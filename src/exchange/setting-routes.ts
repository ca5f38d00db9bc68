import type { Traded } from './account-book.ts'
import { accountMargin, isUsed } from './account-figures.ts'
import { mostNotional } from './account-replies.ts'
import { Refused } from './error-codes.ts'
import { tradedOf } from './order-params.ts'
import type { Params } from './params.ts'
import { type Account, type Routes, SIGNED } from './route.ts'

const DONE = { code: 200, msg: 'success' }

/** How the account trades: leverage and margin by symbol; one-way positions and one asset are all there is. */
export function settingRoutes(account: Account): Routes {
  const { book } = account
  return {
    'POST /fapi/v1/leverage': { ...SIGNED, weight: 1, answer: (params) => setLeverage(account, params) },
    'POST /fapi/v1/marginType': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        const { slot, held, symbol } = tradedOf(book, params)
        params.required('marginType')
        const asked = params.oneOf('marginType', ['ISOLATED', 'CROSSED'] as const)
        const mode = asked === 'ISOLATED' ? 'isolated' : 'cross'
        if (mode === slot.margin!.mode) throw new Refused(-4046)
        if (slot.orders.some(({ isAlive }) => isAlive)) throw new Refused(-4047)
        if (held.qty !== 0n || book.openOrders(symbol).length > 0) throw new Refused(-4048)
        slot.margin!.mode = mode
        return DONE
      },
    },
    'GET /fapi/v1/positionSide/dual': { ...SIGNED, weight: 30, answer: () => ({ dualSidePosition: false }) },
    'POST /fapi/v1/positionSide/dual': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        params.required('dualSidePosition')
        throw new Refused(params.flag('dualSidePosition') === true ? -4060 : -4059)
      },
    },
    'GET /fapi/v1/multiAssetsMargin': { ...SIGNED, weight: 30, answer: () => ({ multiAssetsMargin: false }) },
    'POST /fapi/v1/multiAssetsMargin': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        params.required('multiAssetsMargin')
        if (params.flag('multiAssetsMargin') === true) throw new Refused(-1130, 'multiAssetsMargin')
        throw new Refused(-4171)
      },
    },
    'POST /fapi/v1/feeBurn': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        params.required('feeBurn')
        // there is nothing here that fees could be paid with but the quote asset
        if (params.flag('feeBurn') === true) throw new Refused(-1130, 'feeBurn')
        return DONE
      },
    },
    'GET /fapi/v1/feeBurn': { ...SIGNED, weight: 30, answer: () => ({ feeBurn: false }) },
  }
}

function setLeverage({ book, market, stream }: Account, params: Params) {
  const traded = tradedOf(book, params)
  const { slot, held, symbol } = traded
  const margin = slot.margin!
  const leverage = params.requiredInteger('leverage')
  if (leverage < 1 || leverage > margin.tiers[0]!.leverage) throw new Refused(-4028, String(leverage))
  const before = margin.leverage
  if (leverage !== before) {
    if (margin.mode === 'isolated' && leverage < before && held.qty !== 0n) throw new Refused(-4161)
    margin.setLeverage(leverage)
    try {
      checkRoom(traded, accountMargin(book, market).available)
    } catch (error) {
      margin.setLeverage(before)
      throw error
    }
    stream.send({ e: 'ACCOUNT_CONFIG_UPDATE', ac: { s: symbol, l: leverage } })
  }
  return { leverage, maxNotionalValue: mostNotional(book, margin.mostNotional), symbol }
}

/** Whether what is held and ordered may have the leverage that is in force now. */
function checkRoom(traded: Traded, available: bigint): void {
  const { slot, held } = traded
  const margin = slot.margin!
  if (held.qty !== 0n && Math.abs(margin.valueAt(margin.lastMark)) > margin.mostNotional) throw new Refused(-2027)
  if (available === 0n && isUsed(traded)) throw new Refused(-2028)
}
