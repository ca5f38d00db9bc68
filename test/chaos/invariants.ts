import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAlarms } from '../../src/runs/paper/alarm-file.ts'
import { systemOrder } from '../../src/runs/paper/exchange/client-id.ts'
import type { ExchangeProcess } from './exchange-process.ts'
import { type Execution, expectedWallet, units } from './naive-wallet.ts'
import { CASH, SYMBOL } from './places.ts'
import { type ReplayedSession, replaySession } from './session-replay.ts'

type Row = Readonly<Record<string, string | number | boolean>>

/** What was found out, and what it does not agree with. */
export interface Verdict {
  readonly violations: readonly string[]
  readonly fills: number
  readonly orders: number
  readonly halts: number
}

/** Who halts for a while only, and lifts it by himself. */
const PAUSES = ['stop', 'catch-up']

const MOST = { symbol: SYMBOL, limit: 1000 }

/** Everything that must hold of a session that was stopped, while the exchange stands still. */
export async function checkInvariants(exchange: ExchangeProcess, dir: string): Promise<Verdict> {
  const read = (path: string, params: Row = MOST) => exchange.read<readonly Row[]>(path, params)
  const [trades, orders, algos, income, risk, balance, openAlgos] = [
    await read('/fapi/v1/userTrades'),
    await read('/fapi/v1/allOrders'),
    await read('/fapi/v1/allAlgoOrders'),
    await read('/fapi/v1/income', { limit: 1000 }),
    await read('/fapi/v2/positionRisk', { symbol: SYMBOL }),
    await read('/fapi/v3/balance', {}),
    await read('/fapi/v1/openAlgoOrders', { symbol: SYMBOL }),
  ]
  for (const [name, rows] of Object.entries({ trades, orders, algos, income }))
    if (rows.length >= 1000)
      throw new Error(`a round with ${rows.length} ${name} is too long to be checked in one page`)
  const once = await replaySession(dir)
  const twice = await replaySession(dir)
  const position = String(risk[0]?.['positionAmt'] ?? '0')
  const wallet = String(balance.find(({ asset }) => asset === 'USDT')?.['balance'])
  const violations = [
    ...ofFills(trades, once),
    ...ofMoney({ trades, income, position, wallet }, once),
    ...ofOrders(once),
    ...ofClientIds(orders, algos),
    ...ofProtection(position, openAlgos),
    ...ofJournal(dir, once, twice),
    ...ofHalts(dir, once),
  ]
  const halts = once.records.filter(
    (record) => record.kind === 'command' && record.command !== 'resume' && !PAUSES.includes(record.by),
  ).length
  return { violations, fills: trades.length, orders: orders.length + algos.length, halts }
}

/** Every fill of the exchange, once, and no other: by what it closes a position itself is the session's too. */
function ofFills(trades: readonly Row[], { state }: ReplayedSession): string[] {
  const there = trades
    .map(({ side, qty, price, commission }) => line(String(side).toLowerCase(), qty!, price!, commission!))
    .sort()
  const here = state
    .result()
    .fills.map(({ side, qty, price, fee }) => line(side, qty, price, fee))
    .sort()
  const lost = minus(there, here)
  const doubled = minus(here, there)
  return [
    ...lost.map((one) => `a fill of the exchange is not the session's: ${one}`),
    ...doubled.map((one) => `a fill of the session is not the exchange's: ${one}`),
  ]
}

function line(side: string, ...amounts: readonly (string | number | boolean)[]): string {
  return `${side} ${amounts.map((amount) => units(String(amount))).join(' ')}`
}

function minus(all: readonly string[], without: readonly string[]): string[] {
  const left = [...without]
  return all.filter((one) => {
    const at = left.indexOf(one)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

interface Account {
  readonly trades: readonly Row[]
  readonly income: readonly Row[]
  readonly position: string
  readonly wallet: string
}

/** Position = Σ fills; wallet = start + realised − fees − funding: on both sides, by hand, and equal to the last unit. */
function ofMoney({ trades, income, position, wallet }: Account, { state }: ReplayedSession): string[] {
  const sign = (value: unknown) => (value === 'BUY' ? 'buy' : 'sell')
  const executions = (rows: readonly Row[]) => rows.map(({ side, qty, price, commission }): Execution => ({
    side: sign(side), qty: String(qty), price: String(price), fee: String(commission),
  })) // biome-ignore format: one line
  const funding = income.filter(({ incomeType }) => incomeType === 'FUNDING_FEE').map((one) => String(one['income']))
  const start = units(CASH)
  const expected = expectedWallet(start, executions(trades), funding)
  const booked = income.reduce((sum, one) => sum + units(String(one['income'])), start)
  const here = { position: units(state.run.positionOf(SYMBOL).qty), wallet: units(state.run.account().wallet) }
  const there = { position: units(position), wallet: units(wallet) }
  const found: string[] = []
  const differ = (what: string, one: bigint, other: bigint) => {
    if (one !== other) found.push(`${what}: ${one} and ${other} (units of 10^-8)`)
  }
  differ('position of the exchange and the sum of its fills', there.position, expected.position)
  differ('position of the session and the sum of the fills', here.position, expected.position)
  differ('wallet of the exchange and what was booked there', there.wallet, booked)
  differ('wallets of the exchange and of the session', there.wallet, here.wallet)
  if (there.wallet < expected.least || there.wallet > expected.most)
    found.push(`wallet ${there.wallet} is not start + realised − fees − funding = ${expected.least} … ${expected.most}`)
  return found
}

/** No order is sent twice: two of a kind would both be filled, and both be known. */
function ofOrders({ state }: ReplayedSession): string[] {
  const { events, fills } = state.result()
  return events.flatMap((event) => {
    if (event.type !== 'accepted') return []
    const { id, qty } = event.order
    const filled = fills.filter(({ order }) => order === id).reduce((sum, fill) => sum + units(fill.qty), 0n)
    return filled > units(qty) ? [`order ${id} asked for ${qty}, and ${filled} units of 10^-8 were filled`] : []
  })
}

function ofClientIds(orders: readonly Row[], algos: readonly Row[]): string[] {
  const own = algos.map((one) => String(one['clientAlgoId']))
  // what an algo order became has its client id again
  const plain = orders.map((one) => String(one['clientOrderId'])).filter((id) => systemOrder(id) === null)
  return [...repeated(plain), ...repeated(own)].map((id) => `client id ${id} was used twice`)
}

function repeated(ids: readonly string[]): string[] {
  return [...new Set(ids.filter((id, k) => ids.indexOf(id) !== k))]
}

/** Whether stops that only reduce cover a position. */
export function isProtected(position: bigint, openAlgos: readonly Row[]): boolean {
  if (position === 0n) return true
  const side = position > 0n ? 'SELL' : 'BUY'
  const covered = openAlgos
    .filter((one) => one['side'] === side && String(one['reduceOnly']) === 'true')
    .filter((one) => String(one['orderType'] ?? one['type']).startsWith('STOP'))
    .reduce((sum, one) => sum + units(String(one['quantity'] ?? one['origQty'])), 0n)
  return covered >= (position > 0n ? position : -position)
}

function ofProtection(position: string, openAlgos: readonly Row[]): string[] {
  return isProtected(units(position), openAlgos) ? [] : [`a position of ${position} stands without its stop`]
}

function ofJournal(dir: string, once: ReplayedSession, twice: ReplayedSession): string[] {
  const found: string[] = []
  if (once.events !== twice.events) found.push('the journal, read twice, comes to other events')
  if (once.events !== readFileSync(join(dir, 'events.jsonl'), 'utf8'))
    found.push('the journal, read again, comes to other events than the session that wrote it')
  return found
}

/** Whatever halted it said why, and what a broker halts for was an alarm as well. */
function ofHalts(dir: string, { records }: ReplayedSession): string[] {
  const alarms = new Set(readAlarms(dir).map(({ text }) => text))
  return records.flatMap((record) => {
    if (record.kind !== 'command' || record.command === 'resume') return []
    if (record.why === '') return [`it was halted by ${record.by} without a reason`]
    return record.by !== 'broker' || alarms.has(record.why) ? [] : [`it was halted without an alarm: ${record.why}`]
  })
}
