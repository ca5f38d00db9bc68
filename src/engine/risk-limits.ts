import { durationOf } from '../core/duration.ts'
import { RISK_RULES, type RiskLimits } from '../core/risk.ts'
import { didYouMean } from '../core/suggest.ts'

/** Minutes of the day, UTC; `to` is exclusive, and below `from` where the window passes midnight. */
export interface Hours {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** Limits as the guard compares them: Infinity and 0 stand for what is off. */
export interface Risk {
  readonly maxPosition: number
  readonly maxGross: number
  readonly maxNet: number
  readonly maxLeverage: number
  readonly maxOpenOrders: number
  readonly maxOrdersPerMinute: number
  readonly maxDailyLoss: number
  readonly maxDrawdown: number
  /** ms; 0 where there is none. */
  readonly coolDown: number
  /** `null` where all may be traded. */
  readonly symbols: ReadonlySet<string> | null
  /** All of them must be open. */
  readonly hours: readonly Hours[]
  readonly priceCollar: number
}

/** For an account that nothing bounds, and that can be halted all the same. */
export const NO_LIMITS: Risk = {
  maxPosition: Number.POSITIVE_INFINITY,
  maxGross: Number.POSITIVE_INFINITY,
  maxNet: Number.POSITIVE_INFINITY,
  maxLeverage: Number.POSITIVE_INFINITY,
  maxOpenOrders: Number.POSITIVE_INFINITY,
  maxOrdersPerMinute: Number.POSITIVE_INFINITY,
  maxDailyLoss: Number.POSITIVE_INFINITY,
  maxDrawdown: Number.POSITIVE_INFINITY,
  coolDown: 0,
  symbols: null,
  hours: [],
  priceCollar: Number.POSITIVE_INFINITY,
}

const AMOUNTS = ['maxPosition', 'maxGross', 'maxNet', 'maxLeverage', 'priceCollar'] as const
const COUNTS = ['maxOpenOrders', 'maxOrdersPerMinute'] as const
const SHARES = ['maxDailyLoss', 'maxDrawdown'] as const

/**
 * Checks the limits of one source.
 * @throws RangeError that names the source and the rule, quotes the value and says what is allowed
 */
export function checkLimits(limits: RiskLimits, source: string): void {
  const refuse = (rule: string, what: string): never => {
    throw new RangeError(
      `${source}: risk.${rule} is ${JSON.stringify((limits as Record<string, unknown>)[rule])}: write ${what}`,
    )
  }
  for (const rule of Object.keys(limits))
    if (!(RISK_RULES as readonly string[]).includes(rule))
      throw new RangeError(
        `${source}: unknown risk rule "${rule}"${didYouMean(rule, RISK_RULES)}; known: ${RISK_RULES.join(', ')}`,
      )
  for (const rule of AMOUNTS) if (!isAbsentOr(limits[rule], (n) => n > 0)) refuse(rule, 'a number above 0')
  for (const rule of COUNTS)
    if (!isAbsentOr(limits[rule], (n) => Number.isInteger(n) && n > 0)) refuse(rule, 'a whole number above 0')
  for (const rule of SHARES)
    if (!isAbsentOr(limits[rule], (n) => n > 0 && n < 1)) refuse(rule, 'a fraction between 0 and 1: 0.2 is 20 %')
  const { coolDown, hours, symbols } = limits
  if (coolDown !== undefined && !((durationOf(coolDown) ?? 0) > 0))
    refuse('coolDown', 'a duration such as 30m, 4h or 2d')
  if (hours !== undefined && hoursOf(hours) === null) refuse('hours', 'a window of the day in UTC such as 08:00-20:00')
  const areNames = Array.isArray(symbols) && symbols.length > 0 && symbols.every((name) => typeof name === 'string')
  if (symbols !== undefined && !areNames) refuse('symbols', 'a list of symbols such as ["BTCUSDT"]')
}

function isAbsentOr(value: unknown, isAllowed: (n: number) => boolean): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value) && isAllowed(value))
}

function hoursOf(text: unknown): Hours | null {
  const parts = typeof text === 'string' ? /^(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/.exec(text) : null
  if (parts === null) return null
  const [, fromHour, fromMinute, toHour, toMinute] = parts.map(Number) as [number, number, number, number, number]
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute]
  return from < 1440 && to <= 1440 && from !== to ? { from, to, text: text as string } : null
}

/**
 * The limits that hold where both the strategy and the account have some: of two of a kind the stricter.
 * @returns `null` where there are none
 * @throws RangeError where a limit is not allowed, or two contradict one another
 */
export function resolveRisk(sources: readonly { readonly source: string; readonly limits: RiskLimits }[]): Risk | null {
  const given = sources.filter(({ limits }) => Object.values(limits).some((value) => value !== undefined))
  if (given.length === 0) return null
  for (const { source, limits } of given) checkLimits(limits, source)
  const least = (rule: (typeof AMOUNTS | typeof COUNTS | typeof SHARES)[number]) =>
    Math.min(...given.map(({ limits }) => limits[rule] ?? Number.POSITIVE_INFINITY))
  const lists = given.flatMap(({ limits }) => (limits.symbols === undefined ? [] : [limits.symbols]))
  const risk: Risk = {
    maxPosition: least('maxPosition'),
    maxGross: least('maxGross'),
    maxNet: least('maxNet'),
    maxLeverage: least('maxLeverage'),
    maxOpenOrders: least('maxOpenOrders'),
    maxOrdersPerMinute: least('maxOrdersPerMinute'),
    maxDailyLoss: least('maxDailyLoss'),
    maxDrawdown: least('maxDrawdown'),
    coolDown: Math.max(0, ...given.map(({ limits }) => durationOf(limits.coolDown) ?? 0)),
    symbols: lists.length === 0 ? null : new Set(lists.reduce((a, b) => a.filter((symbol) => b.includes(symbol)))),
    hours: given.flatMap(({ limits }) => (limits.hours === undefined ? [] : [hoursOf(limits.hours)!])),
    priceCollar: least('priceCollar'),
  }
  checkTogether(risk, given.map(({ source }) => source).join(' and '))
  return risk
}

/** A limit that another one makes pointless, or that leaves nothing to trade, is a slip of whoever wrote it. */
function checkTogether(risk: Risk, source: string): void {
  const contradict = (text: string): never => {
    throw new RangeError(`${source}: ${text}`)
  }
  const pairs = [
    ['maxPosition', 'maxGross', 'one position is never larger than all together'],
    ['maxNet', 'maxGross', 'net is never larger than gross'],
    ['maxDailyLoss', 'maxDrawdown', 'the day could never lose as much before the drawdown halts everything'],
  ] as const
  for (const [inner, outer, why] of pairs)
    if (risk[inner] > risk[outer] && Number.isFinite(risk[inner]))
      contradict(`risk.${inner} ${risk[inner]} is above risk.${outer} ${risk[outer]}: ${why}; lower it or leave it out`)
  if (risk.symbols?.size === 0)
    contradict('the lists of risk.symbols have no symbol in common: nothing could ever be traded')
  if (!isEverOpen(risk.hours))
    contradict(
      `risk.hours ${risk.hours.map(({ text }) => text).join(' and ')} never overlap: nothing could ever be traded`,
    )
}

function isEverOpen(hours: readonly Hours[]): boolean {
  for (let minute = 0; minute < 1440; minute++) if (hours.every((window) => isOpen(window, minute))) return true
  return false
}

export function isOpen({ from, to }: Hours, minute: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}
