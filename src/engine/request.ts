import { hedgeRefusal } from '../core/hedge.ts'
import type { AmendRequest, Leg, Offset, OrderRequest, OrderType, Request } from '../core/order.ts'
import { didYouMean } from '../core/suggest.ts'

/** What a strategy returned cannot be read as a request: an error of the program, not of the market. */
export class RequestError extends TypeError {}

const ORDER_KEYS = [
  'kind', 'side', 'symbol', 'qty', 'quote', 'fraction', 'risk', 'limit', 'stop', 'touch', 'trail', 'tif', 'expiresAt',
  'reduceOnly', 'stopLoss', 'takeProfit', 'trailingStop', 'id', 'tag',
] // biome-ignore format: a list of words
const KEYS: ReadonlyMap<Request['kind'], ReadonlySet<string>> = new Map([
  ['order', new Set(ORDER_KEYS)],
  ['close', new Set(['kind', 'symbol', 'tag'])],
  ['cancel', new Set(['kind', 'id', 'symbol'])],
  ['cancelAll', new Set(['kind', 'symbol'])],
  ['amend', new Set(['kind', 'id', 'symbol', 'qty', 'limit', 'stop', 'touch'])],
])
const SIZES = ['qty', 'quote', 'fraction', 'risk'] as const
const TRIGGERS = ['stop', 'touch', 'trail'] as const
const FOR_LIMITS = ['IOC', 'FOK', 'GTX']
const TIFS = ['GTC', 'IOC', 'FOK', 'GTX', 'GTD']

/** What is wrong with a hook that answers later, and what to do. */
export const AT_ONCE =
  'a bar does not wait: a strategy answers at once. Leave out async functions and promises; what has to be waited for is read at the top of the module, before defineStrategy, or comes in as an indicator or a model'

/**
 * Of what a hook has returned.
 * @throws RequestError for a promise, which nobody would wait for
 */
export function refusePromise(hook: string, answer: unknown): void {
  if (!(answer instanceof Promise)) return
  // its rejection would be heard by nobody, which ends a process before it has said this
  answer.catch(() => {})
  throw new RequestError(`returned a promise from ${hook}, and ${AT_ONCE}`)
}

/** @throws RequestError that quotes what was returned and says what is wrong with it */
export function checkRequest(value: unknown): Request {
  const request = value as Request
  const known = typeof value === 'object' && value !== null ? KEYS.get((value as Request).kind) : undefined
  refusePromise('onBar or onBars', value)
  if (known === undefined)
    throw new RequestError(
      `returned ${show(value)}, which is no request: return buy({…}), sell({…}), close(), cancel(id), cancelAll(), amend(id, {…}), an array of them, or nothing`,
    )
  const call = request.kind === 'order' ? request.side : request.kind
  for (const key of Object.keys(request)) {
    if (known.has(key)) continue
    const hedge = hedgeRefusal(key)
    const names = [...known]
    throw new RequestError(
      hedge === null
        ? `${call}: unknown key "${key}"${didYouMean(key, names)}; known: ${names.slice(1).join(', ')}`
        : `${call}: ${key}: ${hedge}`,
    )
  }
  const { id, tag, symbol } = value as Readonly<Record<string, unknown>>
  checkText(call, 'id', id)
  checkText(call, 'tag', tag)
  checkText(call, 'symbol', symbol)
  if (request.kind === 'order') checkOrder(request)
  if (request.kind === 'amend') checkAmend(request)
  return request
}

function checkOrder(order: OrderRequest): void {
  // field by field, here and below: every order comes by, and a list of names is looked up anew for each
  const { side, qty, quote, fraction, risk, limit, stop, touch, expiresAt } = order
  if (side !== 'buy' && side !== 'sell')
    throw new RequestError(`order: side ${show(side)} is not allowed; write buy or sell`)
  if (countOf(qty) + countOf(quote) + countOf(fraction) + countOf(risk) !== 1) {
    const sizes = SIZES.filter((key) => order[key] !== undefined)
    throw new RequestError(
      `${side}({ ${sizes.map((s) => `${s}: ${order[s]}`).join(', ')} }): size is exactly one of qty, quote, fraction, risk; it has ${sizes.length === 0 ? 'none' : sizes.length}`,
    )
  }
  checkAmount(side, 'qty', qty)
  checkAmount(side, 'quote', quote)
  checkAmount(side, 'fraction', fraction)
  checkAmount(side, 'risk', risk)
  checkAmount(side, 'limit', limit)
  checkAmount(side, 'stop', stop)
  checkAmount(side, 'touch', touch)
  checkAmount(side, 'expiresAt', expiresAt)
  if (risk !== undefined && order.stopLoss === undefined)
    throw new RequestError(`${side}({ risk: ${risk} }): risk needs a stopLoss to measure the loss against`)
  checkLeg(side, 'stopLoss', order.stopLoss)
  checkLeg(side, 'takeProfit', order.takeProfit)
  checkLeg(side, 'trail', order.trail)
  checkLeg(side, 'trailingStop', order.trailingStop)
  checkCombination(order)
}

function checkAmount(side: string, key: string, amount: unknown): void {
  if (amount !== undefined) positive(side, key, amount)
}

function checkLeg(side: string, key: string, leg: Leg | undefined): void {
  if (typeof leg === 'number') positive(side, key, leg)
  else if (leg !== undefined) checkOffset(side, key, leg)
}

function checkCombination(order: OrderRequest): void {
  const { side } = order
  const triggers = countOf(order.stop) + countOf(order.touch) + countOf(order.trail)
  if (triggers > 1) {
    const given = TRIGGERS.filter((key) => order[key] !== undefined)
    throw new RequestError(`${side}: ${given.join(' and ')} exclude one another`)
  }
  if (order.trail !== undefined && order.limit !== undefined)
    throw new RequestError(`${side}: a trailing stop has no limit price; drop limit or trail`)
  const tif = order.tif ?? 'GTC'
  if (!TIFS.includes(tif))
    throw new RequestError(`${side}: tif "${tif}"${didYouMean(tif, TIFS)} is not one of ${TIFS.join(', ')}`)
  const isPlainLimit = order.limit !== undefined && triggers === 0
  if (FOR_LIMITS.includes(tif) && !isPlainLimit)
    throw new RequestError(`${side}: tif ${tif} is for plain limit orders; give a limit and no stop, touch or trail`)
  if ((tif === 'GTD') !== (order.expiresAt !== undefined))
    throw new RequestError(`${side}: tif GTD and expiresAt (UTC ms) go together`)
  if (order.id !== undefined && /^o\d+$/.test(order.id))
    throw new RequestError(`${side}: id "${order.id}" is of the form that orders without one are given; choose another`)
}

function countOf(value: unknown): 0 | 1 {
  return value === undefined ? 0 : 1
}

function checkAmend(request: AmendRequest): void {
  const changes = (['qty', 'limit', 'stop', 'touch'] as const).filter((key) => request[key] !== undefined)
  if (changes.length === 0) throw new RequestError(`amend("${request.id}", {}): give qty, limit, stop or touch`)
  for (const key of changes) positive('amend', key, request[key])
}

function checkText(call: string, key: string, value: unknown): void {
  if (value !== undefined && (typeof value !== 'string' || value === ''))
    throw new RequestError(`${call}: ${key} ${show(value)} must be a text that is not empty`)
}

function positive(call: string, key: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    throw new RequestError(`${call}({ ${key}: ${show(value)} }): ${key} must be a number above 0`)
}

function checkOffset(call: string, key: string, offset: Offset): void {
  const entries = typeof offset === 'object' && offset !== null ? Object.entries(offset) : []
  const [name, value] = entries[0] ?? []
  if (entries.length !== 1 || (name !== 'percent' && name !== 'distance'))
    throw new RequestError(`${call}: ${key} ${show(offset)} must be a number, { percent: 0.01 } or { distance: 100 }`)
  positive(call, `${key}.${name}`, value)
  if (name === 'percent' && (value as number) >= 1)
    throw new RequestError(`${call}: ${key}.percent ${show(value)} must be a fraction below 1 (0.01 = 1 %)`)
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'number' || value === undefined) return String(value)
  try {
    const text = JSON.stringify(value) ?? String(value)
    return text.length > 120 ? `${text.slice(0, 117)}…` : text
  } catch {
    return `an unprintable ${typeof value}`
  }
}

export function orderType(order: OrderRequest): OrderType {
  if (order.trail !== undefined) return 'trailing-stop'
  if (order.stop !== undefined) return order.limit !== undefined ? 'stop-limit' : 'stop'
  if (order.touch !== undefined) return order.limit !== undefined ? 'touch-limit' : 'touch'
  return order.limit !== undefined ? 'limit' : 'market'
}

export function asOffset(value: number | Offset | undefined): Offset | undefined {
  return typeof value === 'number' ? { distance: value } : value
}
