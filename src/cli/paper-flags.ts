import { type AlarmAction, SAFETY_RULES, type SafetyRule, type SafetyRules } from '../runs/paper/safety.ts'
import { parseDelay } from '../runs/parse-delay.ts'
import { UsageError } from '../runs/usage-error.ts'
import type { Flags } from './command.ts'
import { number, oneOf, RANGE, RUN } from './flags.ts'

const ACTIONS: readonly AlarmAction[] = ['none', 'halt', 'flatten']

/** Of a backtest's flags those that are of its range, or of what its report says. */
const NOT_HERE = [
  'from', 'to', 'band', 'detail', 'benchmark', 'close-at-end', 'allow-in-sample', 'risk-free', 'ledger',
] // biome-ignore format: a list

/** What a session is told, over what it has in common with a backtest. */
export const PAPER: Flags = {
  ...Object.fromEntries(Object.entries(RUN).filter(([name]) => !NOT_HERE.includes(name))),
  broker: {
    help: 'where orders go: local, where they meet the bars; exchange URL, a simulated exchange; demo, Binance Demo Trading (built in: local)',
    value: 'WHERE',
    isList: true,
  },
  replay: {
    help: 'stored bars instead of live ones, where orders meet the bars (--broker local): at an exchange the bars are its own',
  },
  from: {
    ...RANGE['from']!,
    help: 'of a replay: first bar, inclusive: ISO date or date-time, UTC (built in: the first that can be)',
  },
  to: { ...RANGE['to']!, help: 'of a replay: end, exclusive (built in: after the last stored)' },
  speed: {
    help: 'of a replay: how much faster than life, or max (built in: max)',
    value: 'N',
    parse: (text) => {
      if (text === 'max') return 'max'
      const times = Number(text.replace(/x$/, ''))
      if (!(times > 0 && Number.isFinite(times)))
        throw new RangeError(`"${text}" is not allowed; write a number above 0, such as 60x, or max`)
      return times
    },
  },
  name: { help: 'the session’s name (built in: made of the strategy and of what it is asked)', value: 'NAME' },
  'on-stop': oneOf(
    'what becomes of open orders when it is stopped; cancel takes those that open, and stops and exits of a position stay (built in: keep)',
    'keep',
    'cancel',
  ),
  'max-loss': number('loss at which the alarm loss-limit goes off, in the quote asset (built in: off)', 'AMOUNT', {
    above: 0,
  }),
  'max-rejected': number(
    'refused orders in a row at which rejected-burst goes off (built in: 5; off in a replay)',
    'N',
    {
      min: 1,
      isWhole: true,
    },
  ),
  stale: {
    help: 'how late a bar may be before stale-data goes off: 90s, 10m (built in: 3m)',
    value: 'TIME',
    parse: parseDelay,
  },
  'clock-offset': {
    help: 'how far the clock may be from the venue’s before clock-offset goes off (built in: 30s)',
    value: 'TIME',
    parse: parseDelay,
  },
  'on-alarm': {
    help: `what an alarm does: none, halt (nothing is opened any more) or flatten (and everything is closed), for all of them or by rule, such as loss-limit=flatten (built in: halt). Rules: ${SAFETY_RULES.join(', ')}`,
    value: 'ACTION',
    isList: true,
    parse: parseAction,
  },
  grace: {
    help: 'how long a bar is waited for while others of its instant are there (built in: 15s)',
    value: 'TIME',
    parse: parseDelay,
  },
}

export interface PaperFlags {
  readonly data?: string[]
  readonly set?: [string, string][]
  readonly broker?: string[]
  readonly replay?: boolean
  readonly from?: number
  readonly to?: number
  readonly speed?: number | 'max'
  readonly name?: string
  readonly onStop?: 'keep' | 'cancel'
  readonly maxLoss?: number
  readonly maxRejected?: number
  readonly stale?: number
  readonly clockOffset?: number
  readonly onAlarm?: (readonly [SafetyRule | null, AlarmAction])[]
  readonly grace?: number
  readonly showConfig?: boolean
}

function parseAction(text: string): readonly [SafetyRule | null, AlarmAction] {
  const [first = '', second] = text.split('=')
  const [rule, action] = second === undefined ? [null, first] : [first, second]
  if (!(ACTIONS as readonly string[]).includes(action))
    throw new RangeError(`"${text}" is not allowed; write ${ACTIONS.join(', ')}, or a rule and one of them`)
  if (rule !== null && !(SAFETY_RULES as readonly string[]).includes(rule))
    throw new RangeError(`there is no rule "${rule}"; there are: ${SAFETY_RULES.join(', ')}`)
  return [rule as SafetyRule | null, action as AlarmAction]
}

/** Clocks and bars that do not come are no matter of a replay; what a backtest would not do it does only where asked to. */
export function safetyOf(flags: PaperFlags, isRealTime: boolean): SafetyRules {
  const { replay = false, maxLoss, maxRejected, stale, clockOffset, onAlarm = [] } = flags
  if (replay && (stale ?? clockOffset) !== undefined)
    throw new UsageError(
      `--${stale === undefined ? 'clock-offset' : 'stale'} is of live bars: leave it out with --replay`,
    )
  const general = onAlarm.findLast(([rule]) => rule === null)?.[1] ?? 'halt'
  const on = SAFETY_RULES.map((rule) => [rule, onAlarm.findLast(([one]) => one === rule)?.[1] ?? general])
  return {
    maxLoss: maxLoss ?? null,
    maxRejected: maxRejected ?? (replay ? null : 5),
    stale: replay ? null : (stale ?? (isRealTime ? 180_000 : null)),
    maxClockOffset: replay ? null : (clockOffset ?? (isRealTime ? 30_000 : null)),
    on: Object.fromEntries(on) as SafetyRules['on'],
  }
}
