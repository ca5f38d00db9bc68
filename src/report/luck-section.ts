import type { EntryTest, Spread } from '../core/luck.ts'
import type { RunDocument, RunResult } from '../core/run.ts'
import { decimal, percent, plural, ratio, signedPercent } from './format.ts'
import { type Column, escapeHtml, section, tableHtml } from './html.ts'

interface Row {
  readonly name: string
  readonly spread: Spread | null
  readonly text: (value: number) => string
  /** Why there is none. */
  readonly reason: string | undefined
}

/** What the run would have been with other orders, other draws and other entries. */
export function luckSection({ document }: RunResult): string {
  return section(
    'luck',
    'How much of it is luck?',
    '<p>Each table has a figure of the run beside the same figure of many draws. In the strips, the dot is the run, the bar holds 90 of 100 draws, the line 95, the tick is the middle; a thin line marks zero.</p>',
    entriesPart(document),
    daysPart(document),
    tradesPart(document),
  )
}

function entriesPart({ luck, perpetuals }: RunDocument): string {
  const { randomEntries: entries, notes } = luck
  const funding = perpetuals.length > 0 ? ', and funding is left out on both sides' : ''
  const how =
    entries === null
      ? ''
      : `The ${plural(entries.trades, 'closed trade')} laid at random on the same bars, ${plural(entries.resamples, 'time')}: as many on each symbol, none over another, with the sides, shares of equity and holding times that they had, bought and sold at opens at the mean cost a side of the run${funding}. p is (1 + draws that do as well) ÷ (1 + draws).`
  const rows = [
    { name: 'Return of closed trades', spread: entries?.totalReturn ?? null, text: signed, reason: undefined },
    { name: 'Sharpe', spread: entries?.sharpe ?? null, text: ratio, reason: notes['randomEntries.sharpe'] },
  ]
  return part('Random entries', luck.verdicts.randomEntries, how, entries === null ? [] : rows)
}

function daysPart({ luck }: RunDocument): string {
  const { days, notes } = luck
  const how =
    days === null
      ? ''
      : `As many days drawn from the ${plural(days.days, 'day')} of the run, ${plural(days.resamples, 'time')}, in blocks of ${decimal(days.blockLength, 1)} days on the mean (stationary bootstrap, Politis and Romano 1994; length by the rule of Politis and White 2004).`
  const rows = [
    { name: 'Return', spread: days?.totalReturn ?? null, text: signed, reason: undefined },
    { name: 'Largest drawdown, by ends of days', spread: days?.maxDrawdown ?? null, text: percent, reason: undefined },
    { name: 'Sharpe', spread: days?.sharpe ?? null, text: ratio, reason: notes['days.sharpe'] },
  ]
  return part('Other days', luck.verdicts.days, how, days === null ? [] : rows)
}

function tradesPart({ luck }: RunDocument): string {
  const { trades } = luck
  const how =
    trades === null
      ? ''
      : `The ${plural(trades.trades, 'closed trade')} in other orders, which end alike, and as many drawn anew with replacement, ${plural(trades.resamples, 'time')} each; falls are seen only where a trade closes.`
  const rows = [
    { name: 'Largest drawdown, other orders', spread: trades?.shuffle.maxDrawdown ?? null },
    { name: 'Largest drawdown, drawn anew', spread: trades?.bootstrap.maxDrawdown ?? null },
    { name: 'Return, drawn anew', spread: trades?.bootstrap.totalReturn ?? null },
  ].map((row, k) => ({ ...row, text: k < 2 ? percent : signed, reason: undefined }))
  return part('Other orders of the trades', luck.verdicts.trades, how, trades === null ? [] : rows)
}

function signed(value: number): string {
  return signedPercent(value)
}

/** @param rows none: what the verdict says is why */
function part(title: string, verdict: string, how: string, rows: readonly Row[]): string {
  const head = `<h3>${title}</h3><p>${rows.length === 0 ? '<strong>' : ''}${escapeHtml(verdict)}${rows.length === 0 ? '</strong>' : ''}</p>`
  if (rows.length === 0) return head
  const hasP = rows.some(({ spread }) => spread !== null && 'p' in spread)
  const numbers = ['This run', 'middle', '90 of 100', '95 of 100', ...(hasP ? ['p'] : [])]
  const columns: Column[] = [
    { title: 'Figure', kind: 'prose' },
    ...numbers.map((one) => ({ title: one, kind: 'number' as const })),
    { title: '' },
  ]
  const table = tableHtml(
    `${title}: where the draws lie`,
    columns,
    rows.map((row) => cells(row, hasP)),
  )
  return `${head}${table}<p class="words">${escapeHtml(how)}</p>`
}

function cells({ name, spread, text, reason = '' }: Row, hasP: boolean): string[] {
  if (spread === null)
    return [`${name}<span class="how">${escapeHtml(reason)}</span>`, ...new Array<string>(hasP ? 5 : 4).fill('–'), '']
  const between = ({ low, high }: { readonly low: number; readonly high: number }) => `${text(low)} to ${text(high)}`
  return [
    name,
    `<strong>${text(spread.observed)}</strong>`,
    text(spread.median),
    between(spread.within90),
    between(spread.within95),
    ...(hasP ? [decimal((spread as EntryTest).p, 3)] : []),
    strip(spread),
  ]
}

/** The row as a picture; its numbers stand beside it. */
function strip({ observed, median, within90, within95 }: Spread): string {
  const [low, high] = [Math.min(within95.low, observed), Math.max(within95.high, observed)]
  const at = (value: number) => (high > low ? 4 + (92 * (value - low)) / (high - low) : 50).toFixed(2)
  const wide = ({ low: from, high: to }: { readonly low: number; readonly high: number }) =>
    high > low ? ((92 * (to - from)) / (high - low)).toFixed(2) : '0'
  const zero = low < 0 && high > 0 ? `<line class="zero" x1="${at(0)}%" x2="${at(0)}%" y1="0" y2="18"/>` : ''
  return `<svg class="strip" aria-hidden="true" width="160" height="18">${zero}<line x1="${at(within95.low)}%" x2="${at(within95.high)}%" y1="9" y2="9"/><rect x="${at(within90.low)}%" width="${wide(within90)}%" y="5" height="8" rx="2"/><line class="middle" x1="${at(median)}%" x2="${at(median)}%" y1="3" y2="15"/><circle cx="${at(observed)}%" cy="9" r="4.5"/></svg>`
}
