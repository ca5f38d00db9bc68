import { jsonOf } from './answer-text.ts'

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

const exact: Reviver = (_key, value, context) => (typeof value === 'number' ? plainDigits(context!.source!) : value)

/**
 * Reads an answer with every number as the text that stands in it, exponents written out: the venue's own digits, which a
 * double would round or print otherwise.
 * @throws VenueContentError where it is no JSON, such as a firewall's page
 */
export function exactJson(body: string): unknown {
  try {
    return JSON.parse(body, exact)
  } catch {
    // it says what is wrong
    return jsonOf(body)
  }
}

const WITH_EXPONENT = /^(-?\d+)(?:\.(\d+))?e([+-]?\d{1,3})$/i

/** 1e-08 → 0.00000001: venues write small numbers so, and the store takes none such. All else comes back as it is. */
export function plainDigits(text: string): string {
  const match = WITH_EXPONENT.exec(text)
  return match === null ? text : shifted(match[1]!, match[2] ?? '', Number(match[3]))
}

/** Percent, as venues write fees, as the fraction it is, exactly: 0.26 → 0.0026. */
export function fractionOfPercent(percent: string): string {
  const [whole = '', fraction = ''] = percent.split('.')
  return shifted(whole, fraction, -2)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
}

/** The number with its point `places` further to the right. */
function shifted(whole: string, fraction: string, places: number): string {
  const sign = whole.startsWith('-') ? '-' : ''
  const digits = whole.slice(sign.length) + fraction
  const point = whole.length - sign.length + places
  const padded = point < 1 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(1, point)
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  const right = padded.slice(at)
  return `${sign}${left}${right === '' ? '' : `.${right}`}`
}
