import type { Figure } from '../core/run.ts'
import type { MetricRow } from '../metrics/index.ts'

const NONE = '–'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Thousands separated, a real minus sign. */
export function decimal(value: number, digits: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.') as [string, string?]
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text
}

export function percent(value: Figure | undefined, digits = 2): string {
  return value === null || value === undefined ? NONE : `${decimal(value * 100, digits)} %`
}

/** With a plus in front of gains. */
export function signedPercent(value: Figure | undefined, digits = 2): string {
  return value !== null && value !== undefined && value > 0 ? `+${percent(value, digits)}` : percent(value, digits)
}

export function count(value: number): string {
  return decimal(value, 0)
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** As many digits as matter: two for amounts, more for small prices. */
export function price(value: number): string {
  const digits = value === 0 ? 2 : Math.max(2, 6 - Math.ceil(Math.log10(Math.abs(value))))
  const text = decimal(value, Math.min(12, digits))
  return text.replace(/(\.\d\d\d*?)0+$/, '$1')
}

/** `2024-01-31 12:00`, UTC. */
export function moment(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}

export function duration(ms: number): string {
  if (ms >= 2 * DAY) return `${decimal(ms / DAY, 1)} days`
  if (ms >= 2 * HOUR) return `${decimal(ms / HOUR, 1)} hours`
  return `${decimal(ms / MINUTE, 0)} minutes`
}

/** A figure as its unit is read. */
export function figureText(value: Figure | undefined, unit: MetricRow['unit'], quote: string): string {
  if (value === null || value === undefined) return NONE
  switch (unit) {
    case 'fraction':
      return percent(value)
    case 'quote':
      return `${decimal(value, 2)} ${quote}`
    case 'base':
      return price(value)
    case 'count':
    case 'bars':
      return count(value)
    case 'ms':
      return duration(value)
    case 'time':
      return moment(value)
    case 'ratio':
      return decimal(value, 2)
  }
}
