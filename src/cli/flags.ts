import { INTERVALS, type Interval, isInterval } from '../core/interval.ts'
import { RISK_RULES, type RiskLimits } from '../core/risk.ts'
import { didYouMean } from '../core/suggest.ts'
import { parseTime } from '../core/time.ts'
import type { ParamValue } from '../engine/index.ts'
import { type Config, findConfig } from '../runs/config.ts'
import { connectSettings } from '../runs/connect-settings.ts'
import { parseDelay } from '../runs/parse-delay.ts'
import { checkStoreIsThere, type Given, type Settings, settle } from '../runs/settings.ts'
import { UsageError } from '../runs/usage-error.ts'
import type { Args, Flag, Flags } from './command.ts'
import type { Io } from './io.ts'

interface Bounds {
  readonly min?: number
  /** Exclusive. */
  readonly above?: number
  /** Exclusive. */
  readonly below?: number
  readonly max?: number
  readonly isWhole?: boolean
  /** What to write, where the number is likely to be meant otherwise. */
  readonly hint?: string
}

/** A number within bounds. */
export function number(help: string, value: string, bounds: Bounds = {}): Flag {
  const { min, above, below, max, isWhole = false, hint } = bounds
  const limits = [
    ...(isWhole ? ['whole'] : []),
    ...(min !== undefined ? [`at least ${min}`] : []),
    ...(above !== undefined ? [`above ${above}`] : []),
    ...(below !== undefined ? [`below ${below}`] : []),
    ...(max !== undefined ? [`at most ${max}`] : []),
  ].join(', ')
  return {
    help,
    value,
    parse: (text) => {
      const n = text.trim() === '' ? Number.NaN : Number(text)
      const isWrong =
        !Number.isFinite(n) ||
        (isWhole && !Number.isInteger(n)) ||
        n < (min ?? n) ||
        n > (max ?? n) ||
        (above !== undefined && n <= above) ||
        (below !== undefined && n >= below)
      if (isWrong)
        throw new RangeError(
          `"${text}" is not allowed; write a number${limits === '' ? '' : ` (${limits})`}${hint === undefined ? '' : `; ${hint}`}`,
        )
      return n
    },
  }
}

export function oneOf(help: string, ...words: readonly string[]): Flag {
  return {
    help,
    value: words.join('|'),
    parse: (text) => {
      if (!words.includes(text)) throw new RangeError(`"${text}" is not allowed; write ${words.join(' or ')}`)
      return text
    },
  }
}

const time = (help: string): Flag => ({ help, value: 'TIME', parse: parseTime })

export const PLACES: Flags = {
  store: {
    help: 'folder of the klines, s3://bucket/path or gs://bucket/path (or KLINELAB_STORE; built in: datasets/)',
    value: 'DIR',
  },
  out: { help: 'folder of the runs (or KLINELAB_REPORTS; built in: reports/)', value: 'DIR' },
}

export const LEDGER: Flags = {
  ledger: {
    help: 'file in which every trial is counted (or KLINELAB_LEDGER; built in: ledger.jsonl beside the runs)',
    value: 'FILE',
  },
}

export const STORE: Flags = { store: PLACES['store']! }
export const OUT: Flags = { out: PLACES['out']! }

export const RANGE: Flags = {
  from: time('first bar, inclusive: ISO date or date-time, UTC (built in: the first stored)'),
  to: time('end, exclusive (built in: after the last stored)'),
}

const SHARE = number('largest share of a bar’s volume that is filled, or off (built in: off)', 'SHARE', {
  above: 0,
  max: 1,
})

export const COSTS: Flags = {
  'fee-tier': { help: 'step of the venue’s fee schedule, such as VIP1 (built in: its base tier)', value: 'NAME' },
  'fee-discount': number(
    'fraction of the fee that is not charged, 0.25 for BNB on Binance spot (built in: 0)',
    'FRACTION',
    {
      min: 0,
      below: 1,
    },
  ),
  'fee-maker': number(
    'maker fee itself as a fraction, 0.001 is 0.1 %; below 0: a rebate (built in: the tier’s)',
    'RATE',
    {
      above: -1,
      below: 1,
    },
  ),
  'fee-taker': number('taker fee itself as a fraction (built in: the tier’s)', 'RATE', { min: 0, below: 1 }),
  'slippage-bps': number('slippage of market and stop fills, basis points (built in: 2)', 'BPS', {
    min: 0,
    below: 10_000,
  }),
  'slippage-ticks': number('slippage in ticks instead (built in: none)', 'N', { min: 0, isWhole: true }),
  'slippage-model': oneOf(
    'slippage by basis points, ticks, or spread and square-root impact (built in: bps)',
    'bps',
    'ticks',
    'impact',
  ),
  'spread-bps': number('impact model: spread, basis points (built in: 2)', 'BPS', { min: 0, below: 10_000 }),
  impact: number('impact model: K of price × K × σ × √(qty ÷ volume) (built in: 1)', 'K', { min: 0 }),
  participation: {
    ...SHARE,
    parse: (text) => (text === 'off' ? null : SHARE.parse!(text)),
  },
  latency: {
    help: 'time until an order arrives, in whole bars: 250ms, 2s (built in: 0)',
    value: 'TIME',
    parse: parseDelay,
  },
  'cancel-latency': {
    help: 'time until a cancel or an amendment arrives (built in: as --latency)',
    value: 'TIME',
    parse: parseDelay,
  },
  'fee-asset': oneOf('what spot fees are taken in (built in: quote)', 'quote', 'received'),
  funding: oneOf('funding of perpetuals (built in: on); spot has none', 'on', 'off'),
  leverage: number('leverage of perpetuals (built in: 1)', 'N', { min: 1, isWhole: true }),
  margin: oneOf('margin of perpetuals (built in: cross)', 'cross', 'isolated'),
  'no-costs': { help: 'fees and slippage zero; the report says so in red' },
}

/** `maxDrawdown=0.2`, `symbols=BTCUSDT,ETHUSDT`, `coolDown=4h`. */
function riskLimit(text: string): readonly [string, unknown] {
  const [rule = '', ...rest] = text.split('=')
  const value = rest.join('=')
  if (value === '') throw new RangeError(`"${text}" is not allowed; write rule=limit, e.g. --risk maxDrawdown=0.2`)
  if (!(RISK_RULES as readonly string[]).includes(rule))
    throw new RangeError(`unknown rule "${rule}"${didYouMean(rule, RISK_RULES)}; known: ${RISK_RULES.join(', ')}`)
  if (rule === 'symbols') return [rule, value.split(',')]
  if (rule === 'coolDown' || rule === 'hours') return [rule, value]
  const limit = Number(value)
  if (!Number.isFinite(limit)) throw new RangeError(`${rule} "${value}" is not allowed; write a number`)
  return [rule, limit]
}

/** An interval's name. */
export function parsedInterval(text: string): Interval {
  if (!isInterval(text))
    throw new RangeError(`"${text}" is no interval${didYouMean(text, INTERVALS)}; known: ${INTERVALS.join(' ')}`)
  return text
}

export const RUN: Flags = {
  data: { help: 'series to run on (built in: those of the strategy’s models)', value: 'SERIES', isList: true },
  ...RANGE,
  cash: number('starting cash in the quote asset (built in: 10000)', 'AMOUNT', { above: 0 }),
  set: { help: 'parameters of the strategy (built in: its own)', value: 'NAME=VALUE', isList: true, parse: assignment },
  ...COSTS,
  warmup: number('bars before --from that indicators start on (built in: 4 × the longest lookback)', 'BARS', {
    min: 0,
    isWhole: true,
  }),
  band: oneOf(
    'how the uncertainty band is made: trade by trade, or by a run of its own (built in: repriced)',
    'repriced',
    'full',
  ),
  detail: {
    help: 'finer stored bars by which fills inside a bar are decided, such as 1m (built in: none)',
    value: 'INTERVAL',
    parse: parsedInterval,
  },
  risk: {
    help: 'limits that no order may pass, over those of the config (built in: none)',
    value: 'RULE=LIMIT',
    isList: true,
    parse: riskLimit,
  },
  'limit-touch': { help: 'a limit order fills where the price only touches it (optimistic)' },
  'allow-in-sample': { help: 'ask models of bars that they have learnt from, too; the report says so in red' },
  'close-at-end': { help: 'close what is open at the last bar' },
  benchmark: { help: 'series to hold for comparison (built in: the run’s own)', value: 'SERIES' },
  'risk-free': number('yearly rate for Sharpe and Sortino, as a fraction, 0.04 for 4 % (built in: 0)', 'RATE', {
    above: -1,
    below: 1,
    hint: 'write 0.04 for 4 %',
  }),
  ...PLACES,
  ...LEDGER,
  config: { help: 'config file (built in: klinelab.config.ts, looked for upwards)', value: 'FILE' },
  'show-config': { help: 'print where each setting comes from, and run nothing' },
}

/** How a model learns. */
export const TRAINING: Flags = {
  model: { help: 'one model of the module (built in: all of them)', value: 'NAME' },
  workers: number(
    'threads to train on; the result is the same whatever their number (built in: as many as help)',
    'N',
    {
      min: 1,
      max: 4,
      isWhole: true,
    },
  ),
}

/** What comes in place of the future. */
export const CHECKING: Flags = {
  samples: number('bars after which the future is another (built in: 12)', 'N', { min: 1, isWhole: true }),
  seed: number('which bars these are, and what comes after them (built in: 0)', 'N', { min: 0, isWhole: true }),
}

/** How a model is judged. */
export const JUDGING: Flags = {
  threshold: number('what p must reach to be said, for accuracy and the like (built in: 0.5)', 'P', {
    above: 0,
    below: 1,
  }),
  'fee-tier': COSTS['fee-tier']!,
  'fee-discount': COSTS['fee-discount']!,
  'fee-taker': COSTS['fee-taker']!,
  'slippage-bps': COSTS['slippage-bps']!,
  'no-costs': COSTS['no-costs']!,
  ...PLACES,
  ...LEDGER,
  config: RUN['config']!,
  'show-config': RUN['show-config']!,
}

function assignment(text: string): readonly [string, ParamValue] {
  const at = text.indexOf('=')
  if (at < 1) throw new RangeError(`"${text}" is not allowed; write name=value, e.g. --set fast=10`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** The settings of a command: its flags over the environment, over the config file. */
export async function settingsOf(args: Args, io: Io): Promise<Settings & { readonly config: Config }> {
  const { config: file } = args.flags as { config?: string }
  const found = await findConfig(io.cwd, file)
  const { risk, ...flags } = args.flags as Given & { risk?: readonly (readonly [string, unknown])[] }
  const given = risk === undefined ? flags : { ...flags, risk: limitsOf(risk) }
  return connectSettings({ ...settle(given as Given, found, io.env, io.cwd), config: found.config }, io.env)
}

/** The same, of a command that only reads klines. @throws UsageError where the store that is named is not there */
export async function readingSettingsOf(args: Args, io: Io): Promise<Settings & { readonly config: Config }> {
  const settings = await settingsOf(args, io)
  // who asks where a value comes from may be looking for just that
  if (args.flags['showConfig'] !== true) checkStoreIsThere(settings)
  return settings
}

function limitsOf(pairs: readonly (readonly [string, unknown])[]): RiskLimits {
  const twice = pairs.find(([rule], k) => pairs.findIndex(([other]) => other === rule) !== k)
  if (twice !== undefined) throw new UsageError(`--risk ${twice[0]} is given twice`)
  return Object.fromEntries(pairs)
}

/** `--help` and `--json` of every command. */
export const EVERYWHERE: Flags = {
  json: { help: 'one JSON document on stdout' },
}
