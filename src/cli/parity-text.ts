import type { ParityDocument } from '../core/parity.ts'
import { timeName } from '../core/time.ts'
import { CAUSE_WORDS, paritySentence } from '../report/parity-section.ts'
import { amount, tableText } from './text.ts'

/** Differences that are listed; all of them are in the report. */
const MOST = 20

/** What a terminal says of a session's parity. */
export function parityText(document: ParityDocument): string {
  const { session, strategy, broker, series, from, to, causes, differences, netProfit, unexplained } = document
  const { unaccounted, remarks, quote } = document
  // less than a cent is not nothing
  const money = (value: number) => amount(value, value !== 0 && Math.abs(value) < 0.01 ? 8 : 2)
  const summed = [
    ['the backtest', '', money(netProfit.backtest)],
    ...causes
      .filter(({ count }) => count > 0)
      .map((one) => [`${one.cause}: ${CAUSE_WORDS[one.cause]}`, String(one.count), money(one.money)]),
    ['unexplained', unaccounted.length > 0 ? String(unaccounted.length) : '', money(unexplained)],
    ['the session', '', money(netProfit.paper)],
  ]
  const listed = differences
    .slice(0, MOST)
    .map((one) => [timeName(one.at), one.cause, one.symbol, money(one.money), one.text, one.paper, one.backtest])
  return [
    `${session}: ${strategy} on ${series.join(' ')}, broker ${broker}, ${timeName(from)} to ${timeName(to)} UTC`,
    '',
    // a terminal parts thousands by commas
    paritySentence(document).replaceAll('\u202f', ','),
    '',
    tableText(['', 'differences', `net profit, ${quote}`], summed),
    ...(listed.length > 0
      ? ['', tableText(['time', 'cause', 'symbol', quote, 'what was otherwise', 'on paper', 'in the backtest'], listed)]
      : []),
    ...(differences.length > MOST ? [`… and ${differences.length - MOST} more, in the report`] : []),
    ...unaccounted.map((text) => `UNEXPLAINED: ${text}`),
    ...remarks,
  ].join('\n')
}
