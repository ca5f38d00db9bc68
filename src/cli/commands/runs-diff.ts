import type { RunDocument } from '../../core/run.ts'
import { timeName } from '../../core/time.ts'
import type { Trade } from '../../core/trade.ts'
import type { Part } from '../../report/trade-page.ts'
import { type Comparison, compareRuns } from '../../runs/diff-runs.ts'
import type { Pair, TradeDiff } from '../../runs/diff-trades.ts'
import { plain } from '../../runs/event-text.ts'
import { findRun, isSearch, readAnyDocument } from '../../runs/load-run.ts'
import type { Command } from '../command.ts'
import { valueRow } from '../difference-text.ts'
import { OUT, settingsOf } from '../flags.ts'
import { searchDiff } from '../search-diff.ts'
import { partText, plural } from '../text.ts'

/** Trades of a group that are listed. */
const LARGEST = 5

export default {
  words: '<a> <b>',
  flags: OUT,
  example: 'klinelab runs diff sma-cross donchian-breakout',
  async run(args, io) {
    const { out } = await settingsOf(args, io)
    const [dirA, dirB] = args.words.map((word) => findRun(word, out, io.cwd)) as [string, string]
    const [one, other] = [readAnyDocument(dirA), readAnyDocument(dirB)]
    if (isSearch(one) || isSearch(other)) return searchDiff(one, other)
    const compared = await compareRuns(dirA, dirB)
    const { a, b, differences, trades } = compared
    const text =
      differences.length === 0
        ? 'the same in everything'
        : [`A is ${a.run}, B is ${b.run}`, ...[...valueParts(compared), ...tradeParts(compared)].map(partText)].join(
            '\n\n',
          )
    return { json: { a: a.run, b: b.run, differences, trades: trades === null ? null : tradesJson(trades) }, text }
  },
} satisfies Command

const SECTIONS: readonly (readonly [title: string, keys: RegExp])[] = [
  ['Parameters', /^params\./],
  ['Data', /^(data|range)\./],
  [
    'Results',
    /^(metrics|band|nearFaults|portfolio|peer|split|orders|tradeHash)(\.|$)|^perpetuals\.\d+\.(funding|liquidations)|^costs\.(fees|slippage|funding)$/,
  ],
  ['Settings', /^/],
]

/** Parameters, settings, data and results, side by side where they differ. */
function valueParts({ a, b, differences }: Comparison): Part[] {
  const left = [...differences]
  const parts = SECTIONS.map(([title, keys]): Part => {
    const own = left.filter(({ key }) => keys.test(key))
    for (const one of own) left.splice(left.indexOf(one), 1)
    const table = own.length === 0 ? undefined : { header: ['', 'A', 'B', 'B − A'], rows: own.map(valueRow) }
    const same = title === 'Parameters' ? sameParams(a, b) : ''
    return {
      ...{ id: title, title },
      facts: same !== '' ? [['the same', same]] : own.length === 0 ? [['the same', 'all of them']] : [],
      ...(table !== undefined && { table }),
    }
  })
  return ['Parameters', 'Settings', 'Data', 'Results'].map((title) => parts.find((part) => part.title === title)!)
}

function sameParams({ params: a }: RunDocument, { params: b }: RunDocument): string {
  const same = Object.entries(a).filter(([name, value]) => b[name] === value)
  return same.map(([name, value]) => `${name} ${value}`).join(', ')
}

const GROUPS = [
  ['added', 'in B only'],
  ['removed', 'in A only'],
  ['moved', 'one decision, other times, prices or quantities'],
  ['kept', 'the same but for fees and funding'],
] as const

function tradeParts({ a, b, trades }: Comparison): Part[] {
  if (trades === null)
    return [{ id: 'trades', title: 'Trades', facts: [['not compared', `A is kept in ${a.quote}, B in ${b.quote}`]] }]
  const rows = GROUPS.map(([name, what]) => [name, what, String(trades[name].pairs.length), trades[name].pnl])
  const all = ['all', `closed pnl of B less that of A, ${a.quote}`, '', trades.pnl]
  const table = { header: ['trades', '', 'number', 'explain'], rows: [...rows, all] }
  return [{ id: 'trades', title: 'Trades', table }, ...GROUPS.flatMap(([name]) => largest(name, trades[name].pairs))]
}

function largest(name: string, pairs: readonly Pair[]): Part[] {
  const shown = pairs.filter(({ pnl }) => name !== 'kept' || pnl !== '0').slice(0, LARGEST)
  if (shown.length === 0) return []
  const rows = shown.map(({ a, b, decidedAt, pnl }) => {
    const one = (a ?? b)!
    const both = (text: (trade: Trade) => string) => {
      const [x, y] = [text((a ?? b)!), text((b ?? a)!)]
      return x === y ? x : `${x} → ${y}`
    }
    return [
      ...[a, b].map((trade) => (trade === null ? '–' : `${trade.n}`)),
      ...[one.symbol, one.side, timeName(decidedAt)],
      both(({ entryTime, entryPrice }) => `${timeName(entryTime)} at ${plain(entryPrice)}`),
      both(({ exitTime, exitPrice, exitTag }) => `${timeName(exitTime)} at ${plain(exitPrice)} (${exitTag})`),
      both(({ qty }) => plain(qty)),
      both((trade) => plain(trade.pnl)),
      pnl,
    ]
  })
  const title = `${name[0]!.toUpperCase()}${name.slice(1)}: ${shown.length < pairs.length ? `the ${shown.length} that explain most of ${pairs.length}` : plural(pairs.length, 'trade')}`
  return [
    {
      id: name,
      title,
      table: { header: ['A', 'B', 'symbol', 'side', 'decided', 'in', 'out', 'qty', 'pnl', 'explains'], rows },
    },
  ]
}

/** Pairs that are the same in both say nothing; all others are there. */
function tradesJson(trades: TradeDiff) {
  const groups = GROUPS.map(([name]) => {
    const { pairs, pnl } = trades[name]
    return [name, { trades: pairs.length, pnl, pairs: pairs.filter((pair) => name !== 'kept' || pair.pnl !== '0') }]
  })
  return { pnl: trades.pnl, ...Object.fromEntries(groups) }
}
