import { describe, test } from 'vitest'
import { type Bad, expectRefusal } from './refusal.ts'

const BTC = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-03-01']
const running = (file: string, ...more: string[]) => ['backtest', file, ...BTC, ...more]

const FLAGS: readonly Bad[] = [
  {
    name: '--set out of range',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast=1'),
    code: 2,
    says: ['fast', '1', '2 to 500'],
  },
  {
    name: '--set of an unknown parameter',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fats=10'),
    code: 2,
    says: ['"fats"', 'did you mean "fast"'],
  },
  {
    name: '--set without a value',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast'),
    code: 2,
    says: ['--set', '"fast"', 'name=value'],
  },
  {
    name: '--set of a fraction for a whole number',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast=2.5'),
    code: 2,
    says: ['fast', '2.5', 'whole'],
  },
  {
    name: 'an unknown flag',
    args: running('STRATEGIES/sma-cross.ts', '--cahs', '5'),
    code: 2,
    says: ['--cahs', 'did you mean "--cash"'],
  },
  {
    name: 'a reason of a letter',
    args: ['paper', 'resume', 'none', '--why', 'x'],
    code: 2,
    says: ['--why', '"x"', '10 characters or more', '"the feed is back"'],
  },
  {
    name: 'a switch with a value',
    args: ['runs', '--json=5'],
    code: 2,
    says: ['--json', 'on or off', '"5"'],
  },
  {
    name: 'a second word that is nearly a command’s',
    args: ['runs', 'shw'],
    code: 2,
    says: ['"shw" is one word too many', 'did you mean "runs show"'],
  },
  {
    name: 'an address that is none, whose password is not repeated',
    args: ['worker', '--redis', 'http://:secret@host'],
    code: 2,
    says: ['"***@host" is no address of a Redis'],
  },
  {
    name: 'a flag given twice',
    args: running('STRATEGIES/sma-cross.ts', '--cash', '5', '--cash', '6'),
    code: 2,
    says: ['--cash', 'twice'],
  },
  {
    name: 'a parameter given twice',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast=10', '--set', 'fast=20'),
    code: 2,
    says: ['--set fast', 'twice', 'klinelab sweep'],
  },
  {
    name: 'a range of a parameter',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast=10..20:5'),
    code: 2,
    says: ['--set fast=10..20:5', 'range', 'klinelab sweep'],
  },
  {
    name: 'no costs, and a fee',
    args: running('STRATEGIES/sma-cross.ts', '--no-costs', '--fee-taker', '0.001'),
    code: 2,
    says: ['no costs', 'feeTaker 0.001', 'exclude'],
  },
  {
    name: 'negative cash',
    args: running('STRATEGIES/sma-cross.ts', '--cash', '-100'),
    code: 2,
    says: ['--cash', '"-100"', 'above 0'],
  },
  {
    name: 'cash that is no number',
    args: running('STRATEGIES/sma-cross.ts', '--cash', 'lots'),
    code: 2,
    says: ['--cash', '"lots"'],
  },
  {
    name: 'cash beyond exact arithmetic',
    args: running('STRATEGIES/sma-cross.ts', '--cash', '1e300'),
    code: 2,
    says: ['1e+300', /at most/],
  },
  {
    name: 'a fee in percent',
    args: running('STRATEGIES/sma-cross.ts', '--fee-taker', '1.5'),
    code: 2,
    says: ['--fee-taker', '"1.5"', 'below 1'],
  },
  {
    name: 'a risk-free rate in percent',
    args: running('STRATEGIES/sma-cross.ts', '--risk-free', '4'),
    code: 2,
    says: ['--risk-free', '"4"', '(above -1, below 1); write 0.04 for 4 %'],
  },
  {
    name: 'a risk-free rate of all',
    args: running('STRATEGIES/sma-cross.ts', '--risk-free', '1'),
    code: 2,
    says: ['--risk-free', '"1"', 'write 0.04 for 4 %'],
  },
  { name: 'an unknown command', args: ['bactkest'], code: 2, says: ['"bactkest"', 'did you mean "backtest"'] },
  {
    name: 'an unknown subcommand',
    args: ['data', 'imprt'],
    code: 2,
    says: ['"data imprt"', 'did you mean "data import"'],
  },
  { name: 'a missing word', args: ['data', 'check'], code: 2, says: ['<series>', 'missing'] },
  { name: 'a missing flag', args: ['backtest', 'STRATEGIES/sma-cross.ts'], code: 2, says: ['--data', 'missing'] },
  { name: 'a word too many', args: ['doctor', 'now'], code: 2, says: ['"now"'] },
  { name: 'an unknown run', args: ['runs', 'show', 'nothing'], code: 2, says: ['"nothing"', 'OUT'] },
]

const CONFIG: readonly Bad[] = [
  {
    name: 'an unknown config key',
    files: { 'klinelab.config.ts': 'export default { csah: 5 }\n' },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: ['klinelab.config.ts', '"csah"', 'did you mean "cash"'],
  },
  {
    name: 'a config value out of range',
    files: { 'klinelab.config.ts': 'export default { cash: -5 }\n' },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: ['klinelab.config.ts', 'cash', '-5'],
  },
  {
    name: 'a risk-free rate in percent',
    files: { 'klinelab.config.ts': 'export default { riskFree: 4 }\n' },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: ['klinelab.config.ts: riskFree is 4: write a fraction above -1 and below 1, 0.04 for 4 %'],
  },
  {
    name: 'a config that does not load',
    files: { 'klinelab.config.ts': '// mine\nexport default {\n  cash: 5,,\n}\n' },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: [/klinelab\.config\.ts: cannot be loaded, line 3: \w*SyntaxError: /],
  },
  {
    name: 'a config that throws',
    files: { 'klinelab.config.ts': "\n\nthrow new Error('not today')\n" },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: ['klinelab.config.ts: cannot be loaded, line 3: Error: not today'],
  },
  {
    name: 'a folder in the place of a config',
    files: { 'klinelab.config.ts': 'export default {}\n' },
    args: running('STRATEGIES/sma-cross.ts', '--config', 'HERE'),
    code: 2,
    says: ['--config', 'is a folder; name a file in it, such as', 'klinelab.config.ts'],
  },
]

describe('bad flags', () => {
  test.each(FLAGS)('$name', (bad) => expectRefusal(bad, 'here'))
})

describe('a bad klinelab.config.ts', () => {
  test.each(CONFIG)('$name', (bad) => expectRefusal(bad, 'process'))
})
