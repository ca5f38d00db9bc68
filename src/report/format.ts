import type { Figure } from '../core/findings.ts'
import type { MetricRow } from '../metrics/index.ts'

export const NONE = '–'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** Thousands separated, a real minus sign; spaces that do not break. */
export function decimal(value: number, digits: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.') as [string, string?]
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text
}

export function percent(value: Figure | undefined, digits = 2): string {
  return value === null || value === undefined ? NONE : `${decimal(value * 100, digits)}\u202f%`
}

/** A rate as percent with all its digits, of which a rate has twelve at most. */
export function rate(value: number): string {
  const text = (value * 100).toFixed(10).replace(/\.?0+$/, '')
  return `${text.replace('-', '−')}\u202f%`
}

/** With a plus in front of what is still a gain when it is rounded. */
export function signedPercent(value: Figure | undefined, digits = 2): string {
  const text = percent(value, digits)
  return value !== null && value !== undefined && value > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

export function ratio(value: Figure | undefined): string {
  return value === null || value === undefined ? NONE : decimal(value, 2)
}

export function count(value: number): string {
  return decimal(value, 0)
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** Decimals that matter in an account that began with `cash`: cents where it holds thousands, satoshis where it holds a bitcoin. */
export function amountDigits(cash: number): number {
  return Math.min(8, Math.max(2, 6 - Math.ceil(Math.log10(cash))))
}

/** An amount of the account's quote asset. */
export function amount(value: number, { cash }: { readonly cash: number }): string {
  return decimal(value, amountDigits(cash))
}

/** As many digits as matter: two for large prices, more for small ones. */
export function price(value: number): string {
  const digits = value === 0 ? 2 : Math.max(2, 6 - Math.ceil(Math.log10(Math.abs(value))))
  const text = decimal(value, Math.min(12, digits))
  return text.replace(/(\.\d\d\d*?)0+$/, '$1')
}

/** A quantity without the zeros that say nothing. */
export function quantity(value: number): string {
  return price(value)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
}

/** `2024-01-31 12:00`, UTC. */
export function moment(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}

/** A moment, or only its day at midnight. */
export function date(time: number): string {
  return time % DAY === 0 ? moment(time).slice(0, 10) : moment(time)
}

export function duration(ms: number): string {
  const about = (unit: number) => decimal(ms / unit, 1).replace('.0', '')
  if (ms >= 2 * YEAR) return `${about(YEAR)} years`
  if (ms >= 2 * DAY) return `${about(DAY)} days`
  if (ms >= 2 * HOUR) return `${about(HOUR)} hours`
  return plural(Math.round(ms / MINUTE), 'minute')
}

/** A figure as its unit is read. Amounts that are small beside the account (a fee, a price) keep three digits. */
export function figureText(
  value: Figure | undefined,
  unit: MetricRow['unit'],
  account: { readonly cash: number; readonly quote: string },
): string {
  if (value === null || value === undefined) return NONE
  switch (unit) {
    case 'fraction':
      return percent(value)
    case 'quote': {
      const small = value === 0 ? 0 : Math.min(8, 3 - Math.ceil(Math.log10(Math.abs(value))))
      return `${decimal(value, Math.max(amountDigits(account.cash), small))} ${account.quote}`
    }
    case 'base':
      return quantity(value)
    case 'count':
    case 'bars':
      return count(value)
    case 'ms':
      return duration(value)
    case 'time':
      return moment(value)
    case 'ratio':
      return ratio(value)
  }
}

/** A probability; nothing is certain. */
export function chance(value: Figure | undefined): string {
  if (value === null || value === undefined) return NONE
  if (value > 0.999) return 'over 99.9\u202f%'
  if (value < 0.001) return 'under 0.1\u202f%'
  return percent(value, 1)
}

/** A text as the beginning of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
