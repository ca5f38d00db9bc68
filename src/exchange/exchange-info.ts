import type { FilterSnapshot, Filters, Instrument } from '../core/instrument.ts'
import type { Limits } from './limits.ts'
import type { Market } from './market.ts'
import type { SymbolMarket } from './symbol-market.ts'

const USDM_TYPES = [
  'LIMIT',
  'MARKET',
  'STOP',
  'STOP_MARKET',
  'TAKE_PROFIT',
  'TAKE_PROFIT_MARKET',
  'TRAILING_STOP_MARKET',
]
const SPOT_TYPES = [
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT_LIMIT',
  'STOP_LOSS',
  'TAKE_PROFIT',
]

/** Answer to exchangeInfo: the rules that are in force now, in the shape of this kind of market. */
export function exchangeInfo(market: Market, serverTime: number, { allowances, orderRules }: Limits) {
  const isSpot = market.kind === 'spot'
  return {
    timezone: 'UTC',
    serverTime,
    ...(isSpot ? {} : { futuresType: 'U_MARGINED' }),
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: allowances.weightPerMinute },
      ...orderRules,
    ],
    exchangeFilters: [],
    ...(isSpot ? {} : { assets: assetsOf(market) }),
    symbols: [...market.symbols.values()].map((one) =>
      isSpot ? spotSymbol(one, market.now()) : usdmSymbol(one, market.now()),
    ),
  }
}

function assetsOf({ symbols }: Market) {
  const quotes = new Set([...symbols.values()].map(({ source }) => source.instrument.quote))
  return [...quotes].map((asset) => ({ asset, marginAvailable: true, autoAssetExchange: '-10000' }))
}

/** The rules in force at `now`: the newest that are not younger, else the first. */
function rulesNow({ snapshots }: Instrument, now: number): FilterSnapshot {
  return snapshots.findLast(({ validFrom }) => validFrom <= now) ?? snapshots[0]!
}

function usdmSymbol({ symbol, source }: SymbolMarket, now: number) {
  const { instrument, precision } = source
  const { filters, liquidationFee } = rulesNow(instrument, now)
  return {
    symbol,
    pair: symbol,
    contractType: 'PERPETUAL',
    deliveryDate: 4_133_404_800_000,
    onboardDate: 1_569_398_400_000,
    status: 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: instrument.base,
    quoteAsset: instrument.quote,
    marginAsset: instrument.quote,
    pricePrecision: precision.price,
    quantityPrecision: precision.quantity,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: [],
    triggerProtect: '0.0500',
    liquidationFee: liquidationFee ?? '0.012500',
    marketTakeBound: '0.05',
    maxMoveOrderLimit: 10_000,
    filters: usdmFilters(filters),
    orderTypes: USDM_TYPES,
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX', 'GTD'],
  }
}

function usdmFilters(filters: Filters) {
  const { notional, percentPrice, maxNumOrders, maxNumAlgoOrders } = filters
  return [
    ...gridFilters(filters),
    ...(maxNumOrders === undefined ? [] : [{ filterType: 'MAX_NUM_ORDERS', limit: maxNumOrders }]),
    ...(maxNumAlgoOrders === undefined ? [] : [{ filterType: 'MAX_NUM_ALGO_ORDERS', limit: maxNumAlgoOrders }]),
    ...(notional === undefined ? [] : [{ filterType: 'MIN_NOTIONAL', notional: notional.min }]),
    ...(percentPrice === undefined
      ? []
      : [
          {
            filterType: 'PERCENT_PRICE',
            multiplierUp: percentPrice.up,
            multiplierDown: percentPrice.down,
            multiplierDecimal: '4',
          },
        ]),
  ]
}

/** What is not limited has a 0, which disables a rule. */
function gridFilters({ price, lot, marketLot }: Filters) {
  return [
    {
      filterType: 'PRICE_FILTER',
      minPrice: price?.min ?? '0',
      maxPrice: price?.max ?? '0',
      tickSize: price?.tick ?? '0',
    },
    { filterType: 'LOT_SIZE', minQty: lot?.min ?? '0', maxQty: lot?.max ?? '0', stepSize: lot?.step ?? '0' },
    ...(marketLot === undefined
      ? []
      : [{ filterType: 'MARKET_LOT_SIZE', minQty: marketLot.min, maxQty: marketLot.max, stepSize: marketLot.step }]),
  ]
}

function spotSymbol({ symbol, source }: SymbolMarket, now: number) {
  const { instrument } = source
  const { filters } = rulesNow(instrument, now)
  return {
    symbol,
    status: 'TRADING',
    baseAsset: instrument.base,
    baseAssetPrecision: 8,
    quoteAsset: instrument.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: SPOT_TYPES,
    icebergAllowed: false,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: false,
    allowTrailingStop: false,
    cancelReplaceAllowed: true,
    amendAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: spotFilters(filters),
    permissions: [],
    permissionSets: [['SPOT']],
    defaultSelfTradePreventionMode: 'EXPIRE_MAKER',
    allowedSelfTradePreventionModes: ['EXPIRE_MAKER'],
  }
}

function spotFilters(filters: Filters) {
  const { notional, percentPrice, percentPriceBySide: bySide, maxNumOrders, maxNumAlgoOrders, maxPosition } = filters
  return [
    ...gridFilters(filters),
    ...(notional === undefined
      ? []
      : notional.filter === 'NOTIONAL'
        ? [
            {
              filterType: 'NOTIONAL',
              minNotional: notional.min,
              applyMinToMarket: notional.applyMinToMarket,
              maxNotional: notional.max,
              applyMaxToMarket: notional.applyMaxToMarket ?? false,
              avgPriceMins: notional.avgPriceMins,
            },
          ]
        : [
            {
              filterType: 'MIN_NOTIONAL',
              minNotional: notional.min,
              applyToMarket: notional.applyMinToMarket,
              avgPriceMins: notional.avgPriceMins,
            },
          ]),
    ...(percentPrice === undefined
      ? []
      : [
          {
            filterType: 'PERCENT_PRICE',
            multiplierUp: percentPrice.up,
            multiplierDown: percentPrice.down,
            avgPriceMins: percentPrice.avgPriceMins,
          },
        ]),
    ...(bySide === undefined
      ? []
      : [
          {
            filterType: 'PERCENT_PRICE_BY_SIDE',
            bidMultiplierUp: bySide.bidUp,
            bidMultiplierDown: bySide.bidDown,
            askMultiplierUp: bySide.askUp,
            askMultiplierDown: bySide.askDown,
            avgPriceMins: bySide.avgPriceMins,
          },
        ]),
    ...(maxNumOrders === undefined ? [] : [{ filterType: 'MAX_NUM_ORDERS', maxNumOrders }]),
    ...(maxNumAlgoOrders === undefined ? [] : [{ filterType: 'MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders }]),
    ...(maxPosition === undefined ? [] : [{ filterType: 'MAX_POSITION', maxPosition }]),
  ]
}
