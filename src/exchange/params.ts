import { type Decimal, parseDecimal } from '../core/decimal.ts'
import { Refused } from './error-codes.ts'
import type { WireRequest } from './wire.ts'

const DECIMAL = /^([0-9]{1,20})(\.[0-9]{1,20})?$/
const INTEGER = /^[0-9]{1,20}$/

/** What a request asks, out of its query and its form body; of what both have, the query counts. */
export class Params {
  readonly #values: ReadonlyMap<string, string>
  /** By what is asked for: what it is called in this request. */
  readonly #names: Readonly<Record<string, string>>

  constructor(values: ReadonlyMap<string, string>, names: Readonly<Record<string, string>> = {}) {
    this.#values = values
    this.#names = names
  }

  /** The same request, in which some parameters have other names: those of one order of a list. */
  called(names: Readonly<Record<string, string>>, fixed: Readonly<Record<string, string>> = {}): Params {
    return new Params(new Map([...this.#values, ...Object.entries(fixed)]), names)
  }

  nameOf(name: string): string {
    return this.#names[name] ?? name
  }

  static of({ query, body }: Pick<WireRequest, 'query' | 'body'>): Params {
    const values = new Map<string, string>()
    for (const part of [body, query])
      for (const pair of part.split('&')) {
        if (pair === '') continue
        const at = pair.indexOf('=')
        values.set(decoded(at < 0 ? pair : pair.slice(0, at)), at < 0 ? '' : decoded(pair.slice(at + 1)))
      }
    return new Params(values)
  }

  /** `undefined` where it was not sent, or sent empty. */
  text(name: string): string | undefined {
    return this.#values.get(this.nameOf(name)) || undefined
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw new Refused(-1102, this.nameOf(name))
    return value
  }

  /** A plain decimal number as it was written: `1e-7`, `+1`, `.5`, `NaN` are none. */
  decimal(name: string): WrittenDecimal | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (!DECIMAL.test(text)) throw new Refused(-1100, this.nameOf(name), `; legal range is '${DECIMAL.source}'`)
    return { text, value: parseDecimal(text) }
  }

  requiredDecimal(name: string): WrittenDecimal {
    this.required(name)
    return this.decimal(name)!
  }

  integer(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = INTEGER.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(value))
      throw new Refused(-1100, this.nameOf(name), `; legal range is '${INTEGER.source}'`)
    return value
  }

  requiredInteger(name: string): number {
    this.required(name)
    return this.integer(name)!
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase()
    if (text === undefined) return undefined
    if (text !== 'true' && text !== 'false') throw new Refused(-1130, this.nameOf(name))
    return text === 'true'
  }

  oneOf<T extends string>(
    name: string,
    known: readonly T[],
    code: -1115 | -1116 | -1117 | -1130 = -1130,
  ): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (!(known as readonly string[]).includes(text)) throw new Refused(code, this.nameOf(name))
    return text as T
  }

  /** A list as JSON, such as batchOrders. */
  list(name: string): readonly unknown[] {
    const text = this.required(name)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new Refused(-1130, name)
    }
    if (!Array.isArray(value)) throw new Refused(-1130, name)
    return value
  }
}

/** The parameters of one order of a batch, each as the text that it would have been sent as. */
export function paramsOfBatch(order: unknown): Params {
  if (typeof order !== 'object' || order === null || Array.isArray(order)) throw new Refused(-1130, 'batchOrders')
  return new Params(new Map(Object.entries(order).map(([name, value]) => [name, String(value)])))
}

/** A decimal and how it was written, which says its precision. */
export interface WrittenDecimal {
  readonly text: string
  readonly value: Decimal
}

function decoded(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Refused(-1100, text.slice(0, 40))
  }
}
