/** What a fitted model's `toJSON` holds, read field by field; every error says where, and what is wrong. */
export class FittedJson {
  readonly #where: string
  readonly #fields: Readonly<Record<string, unknown>>

  /**
   * @param where what errors call it, e.g. `model.json`
   * @throws RangeError where it is no object
   */
  constructor(json: unknown, where: string) {
    this.#where = where
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw new RangeError(`${where}: is ${shown(json)}, not a fitted model`)
    this.#fields = json as Readonly<Record<string, unknown>>
  }

  /** @throws RangeError where it is the JSON of another kind of model */
  static of(kind: string, json: unknown, where: string): FittedJson {
    const read = new FittedJson(json, where)
    if (read.any('kind') !== kind) read.refuse('kind', JSON.stringify(kind))
    return read
  }

  any(name: string): unknown {
    return this.#fields[name]
  }

  /** Fields of an object within. */
  inside(name: string): FittedJson {
    return new FittedJson(this.any(name), `${this.#where}: ${name}`)
  }

  oneOf<T extends string | number>(name: string, known: readonly T[]): T {
    const value = this.any(name)
    return known.find((one) => one === value) ?? this.refuse(name, known.map((one) => JSON.stringify(one)).join(' or '))
  }

  boolean(name: string): boolean {
    const value = this.any(name)
    return typeof value === 'boolean' ? value : this.refuse(name, 'true or false')
  }

  number(name: string): number {
    const value = this.any(name)
    return typeof value === 'number' && Number.isFinite(value) ? value : this.refuse(name, 'a finite number')
  }

  names(name: string): readonly string[] {
    const value = this.any(name)
    return Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? value
      : this.refuse(name, 'a list of names')
  }

  list(name: string): readonly unknown[] {
    const value = this.any(name)
    return Array.isArray(value) ? value : this.refuse(name, 'a list')
  }

  /** @param length how many there must be; any number without */
  numbers(name: string, length?: number): Float64Array {
    const value = this.list(name)
    if (!value.every((one) => typeof one === 'number' && Number.isFinite(one))) this.refuse(name, 'finite numbers')
    if (length !== undefined && value.length !== length)
      this.refuse(name, `${length} numbers, of which it has ${value.length}`)
    return Float64Array.from(value as readonly number[])
  }

  /** Lists of numbers, all of one length. */
  lists(name: string, count: number, length: number): readonly (readonly number[])[] {
    const value = this.list(name)
    const isRow = (row: unknown): row is readonly number[] =>
      Array.isArray(row) && row.length === length && row.every((one) => typeof one === 'number' && Number.isFinite(one))
    return value.length === count && value.every(isRow)
      ? value
      : this.refuse(name, `${count} lists of ${length} finite numbers`)
  }

  /** Whole numbers of a range, both ends included. */
  wholeNumbers(name: string, from: number, to: number, length?: number): Int32Array {
    const value = this.numbers(name, length)
    if (!value.every((one) => Number.isInteger(one) && one >= from && one <= to))
      this.refuse(name, `whole numbers from ${from} to ${to}`)
    return Int32Array.from(value)
  }

  /** @throws RangeError */
  refuse(name: string, what: string): never {
    throw new RangeError(`${this.#where}: ${name} is ${shown(this.any(name))}, not ${what}`)
  }
}

/** A value as an error shows it: not all of a long one. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not there'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
