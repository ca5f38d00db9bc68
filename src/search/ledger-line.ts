/**
 * A line of the trial ledger: one JSON object, the keys in this order.
 *
 * | key      | meaning                                                                                        |
 * | -------- | ---------------------------------------------------------------------------------------------- |
 * | `v`      | version of the format: 1                                                                       |
 * | `id`     | identity of the trial, 24 hex digits: of name, parameters, data, code and settings             |
 * | `at`     | when it was tried, UTC ms                                                                      |
 * | `verb`   | `backtest`, `sweep`, `walk-forward`, `model` or `demo`                                         |
 * | `run`    | folder of the run                                                                              |
 * | `name`   | of strategy or model                                                                           |
 * | `series` | names of its series                                                                            |
 * | `span`   | `[first open, last close]`, UTC ms                                                             |
 * | `data`   | hash of the bars                                                                               |
 * | `code`   | hash of the code                                                                               |
 * | `status` | `done`, `pruned` or `failed`                                                                   |
 * | `trades` | closed trades, or null                                                                         |
 * | `ret`    | total return, or null                                                                          |
 * | `obj`    | what the search was for, or null                                                               |
 * | `r`      | daily returns in little, or null: `[from, days, blocks]`                                       |
 * | `params` | all its parameters                                                                             |
 * | `c`      | CRC-32 of the line up to here, 8 hex digits                                                    |
 *
 * `blocks` is base64 of little-endian numbers: mean, deviation, skew, kurtosis and two units s and q as doubles; the sums of
 * `ReturnsSummary` in units of s as signed, its squares in units of q as unsigned 16-bit whole numbers. s is the largest sum
 * ÷ 32767, q the largest square ÷ 65535, so that none is off by more than half a unit.
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Figure } from '../core/findings.ts'
import type { TrialVerb } from '../core/ledger.ts'
import type { Params, ReturnsSummary, TrialOutcome } from '../core/search.ts'
import { returnsAt } from '../metrics/returns-columns.ts'
import { LedgerReturns } from './ledger-returns.ts'
import { lineSum } from './line-sum.ts'

const VERSION = 1

/** How every line begins. No string within a line can hold it: their quotes are escaped. */
export const LINE_START = '{"v":'

const HEAD = `${LINE_START}${VERSION},"id":"`
const ID_DIGITS = 24
const AFTER_ID = HEAD.length + ID_DIGITS
/** Where the value of `at` begins: what stands before it is always as long. */
const AT = AFTER_ID + '","at":'.length
const RETURNS = ',"r":'
const SUM = ',"c":"'
/** Length of `,"c":"1a2b3c4d"}`. */
const TAIL = 16
const LARGEST_SUM = 32_767
const LARGEST_SQUARE = 65_535
const DOUBLES = 6

/** What makes a trial this one. Hashes are hex of any length. */
export interface TrialIdentity {
  /** Of strategy or model. */
  readonly name: string
  readonly params: Params
  readonly data: string
  readonly code: string
  /** Of all else that decides its returns. */
  readonly settings: string
}

export interface TrialEntry {
  /** By `trialId`. */
  readonly id: string
  /** UTC ms. */
  readonly at: number
  readonly verb: TrialVerb
  readonly run: string
  readonly name: string
  readonly series: readonly string[]
  /** UTC ms, first open and last close. */
  readonly from: number
  readonly to: number
  /** Hashes as hex; 16 digits of each are kept. */
  readonly data: string
  readonly code: string
  readonly status: TrialOutcome['status']
  readonly trades: Figure
  readonly totalReturn: Figure
  readonly objective: Figure
  readonly returns: ReturnsSummary | null
  readonly params: Params
}

/** Of the same trial the same, however often, wherever and by whatever verb it is made. */
export function trialId({ name, params, data, code, settings }: TrialIdentity): string {
  const named = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([name, named, data, code, settings])
  return createHash('sha256').update(text).digest('hex').slice(0, ID_DIGITS)
}

/** A trial as a line, with its end. */
export function lineOf(entry: TrialEntry): string {
  const { id, at, verb, run, name, series, from, to, data, code, status, trades, totalReturn, objective } = entry
  const line = {
    ...{ v: VERSION, id, at, verb, run, name, series, span: [from, to], data: data.slice(0, 16) },
    ...{ code: code.slice(0, 16), status, trades: finite(trades), ret: finite(totalReturn), obj: finite(objective) },
    ...{ r: entry.returns === null ? null : packed(entry.returns), params: entry.params },
  }
  const text = JSON.stringify(line).slice(0, -1)
  return `${text}${SUM}${lineSum(text)}"}\n`
}

/** A trial as it stands in a line: a figure is read when it is asked for, since a ledger has many and few are asked for all. */
export class WrittenTrial implements TrialEntry {
  readonly #line: string
  /** 32 bits of its id, by which the lines of one trial are found: reckoned while the line is near the processor. */
  readonly idBits: number

  constructor(line: string) {
    this.#line = line
    this.idBits = idBits(line)
  }

  get id(): string {
    return this.#line.slice(HEAD.length, AFTER_ID)
  }
  get at(): number {
    return Number(this.#line.slice(AT, this.#line.indexOf(',', AT)))
  }
  get verb(): TrialVerb {
    return this.#read(',"verb":', ',"run":')
  }
  get run(): string {
    return this.#read(',"run":', ',"name":')
  }
  get name(): string {
    return this.#read(',"name":', ',"series":')
  }
  get series(): readonly string[] {
    return this.#read(',"series":', ',"span":')
  }
  get from(): number {
    return this.#read<[number, number]>(',"span":', ',"data":')[0]
  }
  get to(): number {
    return this.#read<[number, number]>(',"span":', ',"data":')[1]
  }
  get data(): string {
    return this.#read(',"data":', ',"code":')
  }
  get code(): string {
    return this.#read(',"code":', ',"status":')
  }
  get status(): TrialOutcome['status'] {
    return this.#read(',"status":', ',"trades":')
  }
  get trades(): Figure {
    return this.#read(',"trades":', ',"ret":')
  }
  get totalReturn(): Figure {
    return this.#read(',"ret":', ',"obj":')
  }
  get objective(): Figure {
    return this.#read(',"obj":', ',"r":')
  }
  get params(): Params {
    return this.#read(',"params":', ',"c":', this.#line.length - TAIL)
  }
  get returns(): ReturnsSummary | null {
    const one = new LedgerReturns(1)
    this.readReturns(one, 0)
    return returnsAt(one, 0)
  }
  /** Reads its returns into columns that it shares with other trials. */
  readReturns(columns: LedgerReturns, trial: number): void {
    columns.read(trial, this.#line, this.#line.indexOf(RETURNS, AFTER_ID) + RETURNS.length)
  }
  /** Verb, run, name, series, span, data, code and status as text: the trials of a search have it in common. */
  get kind(): string {
    return this.#text(',"verb":', ',"trades":')
  }

  #read<T>(key: string, next: string, end?: number): T {
    return JSON.parse(this.#text(key, next, end)) as T
  }

  /** Parameters, which may have any name, come last: the first place of a key is its own. */
  #text(key: string, next: string, end?: number): string {
    const start = this.#line.indexOf(key, AFTER_ID) + key.length
    return this.#line.slice(start, end ?? this.#line.indexOf(next, start))
  }
}

/** What stands in a line: a trial; `null` where it is damaged; the number of its version where that is not known here. */
export function readLine(line: string): WrittenTrial | number | null {
  if (!line.startsWith(HEAD)) {
    const version = Number(/^\{"v":(\d+)[,}]/.exec(line)?.[1] ?? 0)
    return version > VERSION ? version : null
  }
  const end = line.length - TAIL
  const isWhole =
    line.startsWith(SUM, end) && line.endsWith('"}') && sumIn(line, end + SUM.length) === crc32(line.slice(0, end))
  return isWhole ? new WrittenTrial(line) : null
}

/** Of the first half of an id, which is a hash. */
function idBits(line: string): number {
  let bits = 0
  for (let k = HEAD.length; k < HEAD.length + ID_DIGITS / 2; k++) bits = (Math.imul(bits, 31) + line.charCodeAt(k)) | 0
  return bits ^ (bits >>> 15)
}

/** The number of 8 hex digits as `lineSum` writes them; −1 where one is none. Digit by digit: a text to compare would cost more. */
function sumIn(line: string, at: number): number {
  let sum = 0
  for (let k = at; k < at + 8; k++) {
    const code = line.charCodeAt(k)
    if (code >= 0x30 && code <= 0x39) sum = 16 * sum + code - 0x30
    else if (code >= 0x61 && code <= 0x66) sum = 16 * sum + code - 0x57
    else return -1
  }
  return sum
}

function packed(returns: ReturnsSummary): readonly [number, number, string] | null {
  const { from, days, mean, deviation, skew, kurtosis, sums, squares } = returns
  if (![mean, deviation, ...sums, ...squares].every(Number.isFinite)) return null
  const s = sums.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / LARGEST_SUM
  const q = squares.reduce((most, value) => Math.max(most, value), 0) / LARGEST_SQUARE
  const bytes = Buffer.alloc(8 * DOUBLES + 4 * sums.length)
  let at = 0
  for (const value of [mean, deviation, skew, kurtosis, s, q]) at = bytes.writeDoubleLE(value, at)
  for (const value of sums) at = bytes.writeInt16LE(s === 0 ? 0 : Math.round(value / s), at)
  for (const value of squares) at = bytes.writeUInt16LE(q === 0 ? 0 : Math.round(value / q), at)
  return [from, days, bytes.toString('base64')]
}

/** What JSON cannot hold is `null`. */
function finite(value: Figure): Figure {
  return value !== null && Number.isFinite(value) ? value : null
}
