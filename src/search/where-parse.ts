import { didYouMean } from '../core/suggest.ts'
import type { Value } from './space-axis.ts'

export type TypeName = 'number' | 'string' | 'boolean'

type Look = (name: string) => Value

/** A part of a constraint: what kind of value it has, and how that is come by. */
interface Part {
  readonly at: number
  readonly type: TypeName
  readonly value: (look: Look) => Value
}

interface Token {
  readonly at: number
  readonly kind: 'number' | 'string' | 'name' | 'sign' | 'end'
  readonly text: string
}

const SIGNS = ['&&', '||', '<=', '>=', '==', '!=', '<', '>', '+', '-', '*', '/', '%', '!', '(', ')']
const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([\p{L}_$][\p{L}\d_$]*(?:\.[\p{L}\d_$]+)*)|'([^']*)'|"([^"]*)")/iuy
const WORDS: Readonly<Record<TypeName, string>> = { number: 'a number', string: 'a word', boolean: 'true or false' }
/** Tightest last, as in JavaScript. */
const LEVELS = [['||'], ['&&'], ['==', '!='], ['<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%']]
const DEEPEST = 100

/**
 * A constraint made ready to be asked. A language of its own, because what is published either makes code of its text, or
 * lets it reach into objects, or does not say where a name stands; ours has numbers, words, names and signs.
 * @param types what may be named
 * @throws RangeError that quotes the constraint and the place in it
 */
export function compileWhere(text: string, types: ReadonlyMap<string, TypeName>): (look: Look) => boolean {
  const wrong = (at: number, what: string) => new RangeError(`--where '${text}', character ${at + 1}: ${what}`)
  const part = new Parser(text, types, wrong).whole()
  if (part.type !== 'boolean')
    throw wrong(part.at, `this is ${WORDS[part.type]}, not a constraint; write a comparison, such as fast < slow`)
  return (look) => part.value(look) === true
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #types: ReadonlyMap<string, TypeName>
  readonly #wrong: (at: number, what: string) => RangeError
  #next = 0
  #depth = 0

  constructor(text: string, types: ReadonlyMap<string, TypeName>, wrong: (at: number, what: string) => RangeError) {
    this.#types = types
    this.#wrong = wrong
    this.#tokens = tokensOf(text, wrong)
  }

  whole(): Part {
    const part = this.#level(0)
    const { at, kind, text } = this.#peek()
    if (kind !== 'end')
      throw this.#wrong(
        at,
        text === ')' ? 'nothing was opened that this ")" closes' : `"${text}" was not expected here`,
      )
    return part
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }

  #accept(signs: readonly string[]): Token | null {
    const token = this.#peek()
    if (token.kind !== 'sign' || !signs.includes(token.text)) return null
    this.#next++
    return token
  }

  #level(level: number): Part {
    const signs = LEVELS[level]
    if (signs === undefined) return this.#unary()
    let left = this.#level(level + 1)
    for (let sign = this.#accept(signs); sign !== null; sign = this.#accept(signs))
      left = this.#join(sign, left, this.#level(level + 1))
    return left
  }

  #join(sign: Token, left: Part, right: Part): Part {
    const { text, at } = sign
    if (text === '&&' || text === '||') {
      this.#need('boolean', text, left, right)
      const [a, b] = [left.value, right.value]
      return text === '&&'
        ? { at, type: 'boolean', value: (look) => a(look) === true && b(look) === true }
        : { at, type: 'boolean', value: (look) => a(look) === true || b(look) === true }
    }
    if (text === '==' || text === '!=') {
      if (left.type !== right.type)
        throw this.#wrong(at, `"${text}" compares ${WORDS[left.type]} with ${WORDS[right.type]}`)
      const isEqual = text === '=='
      return { at, type: 'boolean', value: (look) => (left.value(look) === right.value(look)) === isEqual }
    }
    if (left.type === 'boolean' && COMPARE[text] !== undefined)
      throw this.#wrong(at, `comparisons cannot be chained; write a < b && b < c`)
    this.#need('number', text, left, right)
    const [a, b] = [left.value as (look: Look) => number, right.value as (look: Look) => number]
    const compare = COMPARE[text]
    if (compare !== undefined) return { at, type: 'boolean', value: (look) => compare(a(look), b(look)) }
    const reckon = RECKON[text]!
    return { at: left.at, type: 'number', value: (look) => reckon(a(look), b(look)) }
  }

  #need(type: TypeName, sign: string, ...parts: readonly Part[]): void {
    for (const part of parts)
      if (part.type !== type)
        throw this.#wrong(part.at, `"${sign}" needs ${WORDS[type]} here, and this is ${WORDS[part.type]}`)
  }

  #unary(): Part {
    const sign = this.#accept(['!', '-', '+'])
    if (sign === null) return this.#atom()
    const part = this.#deeper(() => this.#unary())
    const { at, text } = sign
    this.#need(text === '!' ? 'boolean' : 'number', text, part)
    if (text === '!') return { at, type: 'boolean', value: (look) => part.value(look) !== true }
    return { at, type: 'number', value: text === '-' ? (look) => -(part.value(look) as number) : part.value }
  }

  #atom(): Part {
    const { at, kind, text } = this.#peek()
    if (kind === 'end') throw this.#wrong(at, 'something is missing at the end')
    if (this.#accept(['(']) !== null) {
      const part = this.#deeper(() => this.#level(0))
      if (this.#accept([')']) === null) throw this.#wrong(at, 'this "(" is not closed')
      return part
    }
    this.#next++
    if (kind === 'number') {
      const value = Number(text)
      return { at, type: 'number', value: () => value }
    }
    if (kind === 'string') return { at, type: 'string', value: () => text }
    if (kind === 'sign') throw this.#wrong(at, `a value was expected in place of "${text}"`)
    const type = this.#types.get(text)
    if (type !== undefined) return { at, type, value: (look) => look(text) }
    if (text === 'true' || text === 'false') return { at, type: 'boolean', value: () => text === 'true' }
    const names = [...this.#types.keys()]
    throw this.#wrong(
      at,
      `there is no parameter "${text}"${didYouMean(text, names)}; there are ${names.join(', ')}, and words stand in quotes`,
    )
  }

  #deeper(work: () => Part): Part {
    if (++this.#depth > DEEPEST) throw this.#wrong(this.#peek().at, `more than ${DEEPEST} things inside one another`)
    const part = work()
    this.#depth--
    return part
  }
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

const RECKON: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

function tokensOf(text: string, wrong: (at: number, what: string) => RangeError): Token[] {
  const tokens: Token[] = []
  for (let at = 0; ; ) {
    while (/\s/.test(text[at] ?? '')) at++
    if (at >= text.length) return [...tokens, { at, kind: 'end', text: '' }]
    TOKEN.lastIndex = at
    const [all, number, name, single, double] = TOKEN.exec(text) ?? []
    const sign = SIGNS.find((one) => text.startsWith(one, at))
    if (number !== undefined) tokens.push({ at, kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ at, kind: 'name', text: name })
    else if (all !== undefined) tokens.push({ at, kind: 'string', text: single ?? double! })
    else if (sign !== undefined) tokens.push({ at, kind: 'sign', text: sign })
    else throw wrong(at, strange(text, at))
    at += all?.length ?? sign!.length
  }
}

function strange(text: string, at: number): string {
  const sign = text[at]!
  if (sign === '=') return 'write == to compare'
  if (sign === '&' || sign === '|') return `write ${sign}${sign}`
  if (sign === '"' || sign === "'") return 'this quote is not closed'
  return `"${String.fromCodePoint(text.codePointAt(at)!)}" means nothing here; there are numbers, names, words in quotes and ${SIGNS.join(' ')}`
}
