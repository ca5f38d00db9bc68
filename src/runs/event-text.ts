import { decimalOf, unitsText } from '../core/decimal.ts'
import type { RunEvent } from '../core/event.ts'
import type { OrderView, Request } from '../core/order.ts'
import { timeName } from '../core/time.ts'

/** A number in plain digits, noise of the last binary places left out; a dash where there is none. */
export function plain(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const { digits, decimals } = decimalOf(Number(value.toPrecision(12)))
  return unitsText(digits, decimals)
}

/** `buy market 0.1 BTCUSDT`, with what else is not as it mostly is. */
export function orderText({ side, type, qty, symbol, limit, trigger, ...rest }: OrderView): string {
  const { id, tif, reduceOnly, role, tag } = rest
  return [
    `${id}: ${side} ${type} ${plain(qty)} ${symbol}`,
    ...(limit === null ? [] : [`limit ${plain(limit)}`]),
    ...(trigger === null ? [] : [`trigger ${plain(trigger)}`]),
    ...(tif === 'GTC' ? [] : [tif]),
    ...(role === 'order' ? [] : [role]),
    ...(reduceOnly && role === 'order' ? ['reduce only'] : []),
    ...(tag === null ? [] : [`tag ${tag}`]),
  ].join(', ')
}

/** A request as it is written in a strategy. */
export function requestText(request: Request): string {
  if (request.kind === 'cancel') return `cancel('${request.id}'${optionsText({ symbol: request.symbol }, ', ')})`
  if (request.kind === 'amend') {
    const { kind, id, symbol, ...change } = request
    return `amend('${id}'${optionsText(change, ', ')}${optionsText({ symbol }, ', ')})`
  }
  const { kind, ...options } = request
  if (!('side' in options)) return `${kind}(${optionsText(options, '')})`
  const { side, ...order } = options
  return `${side}(${optionsText(order, '')})`
}

function optionsText(options: object, before: string): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `${before}${valueText(Object.fromEntries(given))}`
}

/** A value as it is written in TypeScript. */
export function valueText(value: unknown): string {
  if (typeof value === 'number') return plain(value)
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = Object.entries(value).map(([key, inner]) => `${key}: ${momentText(key, inner) ?? valueText(inner)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

/** The one time that requests hold, as it can be read. */
function momentText(key: string, value: unknown): string | null {
  return key === 'expiresAt' && typeof value === 'number' ? `Date.parse('${timeName(value)}Z')` : null
}

/** Decimal text with the noise of the last binary places left out; other text as it is. */
function tidy(text: string): string {
  return /^-?\d+(\.\d+)?(e[-+]?\d+)?$/.test(text) && text.length > 12 ? plain(Number(text)) : text
}

function share(text: string): string {
  return `${Number((Number(text) * 100).toFixed(2))} %`
}

/** What happened, in a sentence without its time. */
export function eventText(event: RunEvent): string {
  switch (event.type) {
    case 'accepted':
      return `accepted ${orderText(event.order)}`
    case 'amended':
      return `amended to ${orderText(event.order)}`
    case 'rejected':
      return `${event.id} refused: ${event.reason}, ${tidy(event.value)} against ${tidy(event.limit)}`
    case 'cancelled':
      return `${event.id} cancelled (${event.reason})`
    case 'triggered':
      return `${event.id} triggered at ${plain(event.price)}`
    case 'cut':
      return `${event.id} cut from ${plain(event.from)} to ${plain(event.to)} (${event.reason})`
    case 'gap':
      return `${event.bars} bars are missing ahead of this one`
    case 'dust':
      return `${plain(event.qty)} left as dust`
    case 'funding':
      return `funding at ${plain(event.rate)} of ${plain(event.qty)} × ${plain(event.mark)}: ${event.paid < 0 ? 'received' : 'paid'} ${plain(Math.abs(event.paid))}`
    case 'liquidation':
      return `liquidated ${plain(event.qty)} of ${plain(event.held)} at the mark ${plain(event.mark)}: ${plain(event.balance)} behind it and ${plain(event.unrealised)} unrealised are not above the maintenance margin ${plain(event.maintenance)} (${plain(event.held)} × ${plain(event.mark)} × ${plain(event.ratio)} − ${plain(event.cum)}, tier ${event.bracket}); fee ${plain(event.fee)}${event.shortfall > 0 ? `, ${plain(event.shortfall)} beyond the margin` : ''}`
    case 'arrived':
      return `${event.request} decided at ${timeName(event.decidedAt)} arrived`
    case 'halted':
      return `halted by ${event.rule}: ${share(event.value)} lost, the limit is ${share(event.limit)}, ${event.until === null ? 'until a person resumes' : `until ${timeName(event.until)}`}`
    case 'resumed':
      return `resumed after ${event.rule}`
    case 'fill':
      return `${event.fill.order} filled: ${event.fill.side} ${plain(event.fill.qty)} at ${plain(event.fill.price)}`
  }
}
