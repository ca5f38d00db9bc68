import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seededRandom } from '../../src/core/random.ts'
import type { FaultSpec } from '../../src/exchange/fault-spec.ts'
import { readAlarms } from '../../src/runs/paper/alarm-file.ts'
import { ExchangeProcess } from './exchange-process.ts'
import { drawFault, TAKEN_AWAY } from './fault-menu.ts'
import { checkInvariants, isProtected } from './invariants.ts'
import { units } from './naive-wallet.ts'
import { PaperProcess } from './paper-process.ts'
import { CASH, SERIES, SYMBOL } from './places.ts'

export interface RoundOptions {
  readonly seed: number
  readonly round: number
  /** Everything of the round is in it. */
  readonly folder: string
  readonly bars: number
  readonly kinds: readonly FaultSpec['kind'][]
  /** Mean pause between two steps of the replay, ms. */
  readonly beat: number
  /** How long it may take to come to rest once nothing goes wrong any more, ms: a session compares itself with the exchange every minute. */
  readonly patience: number
  /** Whether its connection is cut at the end, upon which it compares at once instead of within a minute; by chance where absent. */
  readonly isRestCut?: boolean
  /** Whether the exchange closes its position in the end, upon which it has to halt; by chance where absent. */
  readonly isTakenAway?: boolean
  readonly onEvent?: (text: string) => void
}

export interface RoundResult {
  readonly violations: readonly string[]
  readonly counts: Readonly<Record<Count, number>>
  /** How often which fault happened. */
  readonly faults: Readonly<Record<string, number>>
  /** Longest that a position stood without its stop while the process was up, wall ms. */
  readonly naked: number
}

type Count = 'bars' | 'fills' | 'orders' | 'kills' | 'stops' | 'torn' | 'cuts' | 'halts' | 'starts' | 'gaveUp'

/** Bars that a round may begin with: months of hours before them are stored, and months behind. */
const FIRST = Date.UTC(2024, 7, 1)
const LAST = Date.UTC(2025, 5, 1)
const HOUR = 3_600_000
/** A fault that has not happened by then is taken back, wall ms. */
const FAULT_LIFE = 6000
/** A position may be without its stop so long while its session is up: a bar of a minute and the question of every minute. */
const LONGEST_NAKED = 75_000
/** Longest that a process is waited for at the begin and in the end, ms. */
const START = 60_000
/** Bars that are waited for a position in the end. */
const MOST_BARS_FLAT = 20
/** In the end a bar goes by after so many looks in vain. */
const CALM = 6
const LOSES_ANSWER: readonly FaultSpec['kind'][] = ['unknown', 'timeout', 'reset', 'garbled', 'hang']

/** A session on an exchange of its own: bars go by, things go wrong, and in the end all must add up. */
export async function chaosRound(options: RoundOptions): Promise<RoundResult> {
  const random = seededRandom(options.seed * 100_003 + options.round)
  mkdirSync(options.folder, { recursive: true })
  const from = FIRST + Math.floor((random() * (LAST - FIRST)) / HOUR) * HOUR
  const exchange = await ExchangeProcess.start(
    ['--replay', SERIES, '--from', new Date(from).toISOString().slice(0, 16), '--cash', String(CASH), '--seed', String(options.round)],
    options.folder,
  ) // biome-ignore format: one list
  const round = new ChaosRound(options, exchange, random)
  try {
    return await round.run()
  } finally {
    await round.close()
  }
}

class ChaosRound {
  readonly #options: RoundOptions
  readonly #exchange: ExchangeProcess
  readonly #paper: PaperProcess
  readonly #random: Random
  readonly #violations: string[] = []
  readonly #faults: Record<string, number> = {}
  readonly #counts: Record<Count, number> = {
    bars: 0, fills: 0, orders: 0, kills: 0, stops: 0, torn: 0, cuts: 0, halts: 0, starts: 0, gaveUp: 0,
  } // biome-ignore format: a list of words
  /** It is killed at least once in every round, in the middle of it. */
  readonly #surelyAt: number
  #kindsLeft: FaultSpec['kind'][] = []
  #faultsUntil: number | null = null
  #nakedSince: number | null = null
  #naked = 0
  /** What the driver does with a process that is down, wall ms. */
  #downUntil = 0

  constructor(options: RoundOptions, exchange: ExchangeProcess, random: Random) {
    this.#options = options
    this.#exchange = exchange
    this.#random = random
    this.#paper = new PaperProcess(options.folder, exchange.origin)
    this.#surelyAt = 3 + Math.floor(random() * (options.bars - 6))
  }

  async run(): Promise<RoundResult> {
    this.#start()
    await this.#until(START, () => this.#isRunning())
    const { bars } = this.#options
    while (this.#counts.bars < bars && this.#violations.length === 0) {
      const stand = await this.#exchange.step()
      if (stand.at === 'close') await this.#atClose()
      await sleep(this.#random() * 2 * this.#options.beat)
      await this.#look()
      if (this.#counts.bars >= 2) await this.#mischief()
    }
    await this.#calm()
    return { violations: this.#violations, counts: this.#counts, faults: this.#faults, naked: Math.round(this.#naked) }
  }

  async close(): Promise<void> {
    await this.#paper.kill()
    await this.#exchange.close()
  }

  #note(text: string): void {
    this.#options.onEvent?.(text)
    appendFileSync(join(this.#options.folder, 'chaos.log'), `${new Date().toISOString()} ${text}\n`)
  }

  #start(): void {
    this.#counts.starts++
    this.#paper.start()
    this.#nakedSince = null
  }

  /** What goes wrong next, if anything. */
  async #mischief(): Promise<void> {
    const draw = this.#random()
    if (!this.#paper.isUp) return
    const isDue = this.#counts.kills === 0 && this.#counts.bars >= this.#surelyAt
    if (draw < 0.04 || isDue) await this.#kill()
    else if (draw < 0.05) await this.#stop()
    else if (draw < 0.07) await this.#cut()
    else if (draw < 0.4) await this.#fault()
  }

  async #kill(): Promise<void> {
    await sleep(this.#random() * 60)
    await this.#paper.kill()
    this.#counts.kills++
    const isTorn = this.#random() < 0.4 && this.#tear()
    this.#note(`killed${isTorn ? ', the last line of its journal torn' : ''}`)
    this.#downUntil = performance.now() + (this.#random() < 0.5 ? 0 : this.#random() * 1500)
  }

  async #stop(): Promise<void> {
    const { code, said } = await this.#paper.stop()
    this.#note(`stopped, with ${code}`)
    this.#counts.stops++
    // one that is only just coming up is ended by the signal itself
    if (code !== 0 && code !== null) this.#violations.push(`a clean stop ended with ${code}: ${said.slice(-400)}`)
    this.#downUntil = performance.now() + this.#random() * 1000
  }

  async #cut(): Promise<void> {
    const act = this.#random() < 0.5 ? 'cut' : 'close'
    const road = this.#random() < 0.5 ? 'private' : 'market'
    await this.#exchange.sockets(act, road)
    this.#note(`sockets of ${road}: ${act}`)
    this.#counts.cuts++
  }

  async #fault(): Promise<void> {
    if (this.#kindsLeft.length === 0) this.#kindsLeft = [...this.#options.kinds]
    const at = Math.floor(this.#random() * this.#kindsLeft.length)
    const [kind] = this.#kindsLeft.splice(at, 1)
    const spec = drawFault(kind!, this.#random)
    await this.#exchange.addFault(spec)
    // where the stream tells at once what an answer did not, nobody has to ask
    if (LOSES_ANSWER.includes(spec.kind) && this.#random() < 0.5)
      for (const stream of ['ORDER_TRADE_UPDATE', 'ALGO_UPDATE'])
        await this.#exchange.addFault({ kind: 'delay-frame', stream, ms: 1500, times: 3 })
    this.#note(`fault ${JSON.stringify(spec)}`)
    this.#faultsUntil ??= performance.now() + FAULT_LIFE
  }

  /** A write that the power was cut in: what was not confirmed yet may be there in part. A note that an order leaves was confirmed before it left. */
  #tear(): boolean {
    const { journal } = this.#paper
    if (!existsSync(journal)) return false
    const bytes = readFileSync(journal)
    const begin = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1
    const last = bytes.toString('utf8', begin)
    if (begin === 0) return false
    this.#counts.torn++
    if (last.includes('"note":"sending"')) appendFileSync(journal, '0a1b2c3d {"kind":"told","told":{"kind":"fi')
    else truncateSync(journal, begin + 1 + Math.floor(this.#random() * (bytes.length - begin - 1)))
    return true
  }

  async #clearFaults(): Promise<void> {
    for (const { kind, done } of await this.#exchange.faults())
      if (done > 0) this.#faults[kind] = (this.#faults[kind] ?? 0) + done
    await this.#exchange.clearFaults()
    this.#faultsUntil = null
  }

  async #look(): Promise<void> {
    if (this.#faultsUntil !== null && performance.now() > this.#faultsUntil) await this.#clearFaults()
    if (this.#paper.isUp || performance.now() < this.#downUntil) return
    await this.#judgeEnd()
    this.#start()
    // mostly few bars go by while it comes up: what happens to one that runs is worth more
    if (this.#random() < 0.8) await this.#until(8000, async () => !this.#paper.isUp || (await this.#isRunning()))
  }

  /** It may give up where the exchange does not let it begin, and says so; it never falls over. */
  async #judgeEnd(): Promise<void> {
    const { code, said } = await this.#paper.ended()
    if (code === null || code === 0) return
    this.#note(`ended with ${code}: ${said.trim().split('\n').at(-1)}`)
    this.#counts.gaveUp++
    if (/\n\s+at .+:\d+/.test(said) || code > 2) this.#violations.push(`the session fell over: ${said.slice(-2000)}`)
    this.#downUntil = 0
  }

  async #atClose(): Promise<void> {
    this.#counts.bars++
    const { position, algos } = await this.#held()
    const now = performance.now()
    if (!this.#paper.isUp || isProtected(position, algos)) this.#nakedSince = null
    else this.#nakedSince ??= now
    if (this.#nakedSince !== null) {
      this.#naked = Math.max(this.#naked, now - this.#nakedSince)
      if (now - this.#nakedSince > LONGEST_NAKED)
        this.#violations.push(
          `a position of ${position} stood without its stop for ${Math.round(now - this.#nakedSince)} ms`,
        )
    }
    if (this.#counts.bars % 5 !== 0) return
    const status = await this.#paper.status()
    if (status?.state !== 'halted') return
    this.#note(`halted; resumed: ${status.alarms.at(-1)?.text ?? ''}`)
    await this.#paper.resume()
  }

  async #held() {
    const [risk, algos] = await Promise.all([
      this.#exchange.read('/fapi/v2/positionRisk', { symbol: SYMBOL }),
      this.#exchange.read('/fapi/v1/openAlgoOrders', { symbol: SYMBOL }),
    ])
    return {
      position: units(String(risk[0]?.['positionAmt'] ?? '0')),
      algos: algos as readonly Readonly<Record<string, string>>[],
    }
  }

  /** Nothing goes wrong any more: it comes to rest, is stopped, and everything is looked at. */
  async #calm(): Promise<void> {
    await this.#clearFaults()
    if (!this.#paper.isUp) {
      await this.#judgeEnd()
      this.#start()
    }
    await this.#until(START, () => this.#isRunning())
    // a few bars without mischief, so that what was late arrives
    await this.#calmBars(2)
    if (this.#options.isRestCut ?? this.#random() < 0.5) await this.#exchange.sockets('cut', 'private')
    let asked = 0
    const isAtRest = await this.#until(this.#options.patience, async () => {
      if (await this.#isAtRest()) return true
      // an exit at the market meets the next open, so that time must not stand still before it
      if (++asked % CALM === 0) await this.#calmBars(1)
      return false
    })
    if (!isAtRest) this.#violations.push(`it has not come to rest in ${this.#options.patience} ms: ${this.#unrest}`)
    if (isAtRest && (this.#options.isTakenAway ?? this.#random() < 0.4)) await this.#takeAway()
    const { code, said } = await this.#paper.stop()
    if (code !== 0) this.#violations.push(`the last stop ended with ${code}: ${said.slice(-2000)}`)
    const { violations, ...counts } = await checkInvariants(this.#exchange, this.#paper.dir)
    this.#violations.push(...violations)
    Object.assign(this.#counts, counts)
    for (const one of this.#violations) this.#note(`VIOLATION ${one}`)
  }

  /** The exchange closes what is held by an order of its own: the session halts, and says why. */
  async #takeAway(): Promise<void> {
    const kinds = Object.keys(TAKEN_AWAY) as (keyof typeof TAKEN_AWAY)[]
    const kind = kinds[Math.floor(this.#random() * kinds.length)]!
    await this.#exchange.addFault({ kind, times: 1 })
    for (let bars = 0; bars < MOST_BARS_FLAT && (await this.#exchange.faults())[0]!.done === 0; bars++)
      await this.#calmBars(1)
    const { done } = (await this.#exchange.faults())[0]!
    await this.#clearFaults()
    if (done === 0) return this.#note('flat until the end: nothing could be taken away')
    this.#note(`${kind}: the exchange has closed the position`)
    const isSaid = await this.#until(this.#options.patience, async () => {
      const status = await this.#paper.status()
      return status?.state === 'halted' && readAlarms(this.#paper.dir).some((alarm) => alarm.kind === TAKEN_AWAY[kind])
    })
    if (!isSaid) this.#violations.push(`the exchange has closed the position (${kind}), and no halt says so`)
  }

  async #calmBars(count: number): Promise<void> {
    for (let bars = 0; bars < count; ) {
      const stand = await this.#exchange.step()
      await sleep(this.#options.beat)
      if (stand.at === 'close') bars++
    }
  }

  async #time(): Promise<number> {
    const [first] = (await this.#exchange.read<readonly { time: number }[]>('/fapi/v1/ticker/bookTicker')) ?? []
    return first!.time
  }

  async #isRunning(): Promise<boolean> {
    const status = await this.#paper.status()
    return status !== null && status.state !== 'warming'
  }

  #unrest = ''

  async #isAtRest(): Promise<boolean> {
    const time = await this.#time()
    const status = await this.#paper.status()
    const { position, algos } = await this.#held()
    const balance = await this.#exchange.read('/fapi/v3/balance')
    const wallet = units(String(balance.find(({ asset }) => asset === 'USDT')?.['balance']))
    const here = units(status?.position.find(({ symbol }) => symbol === SYMBOL)?.qty ?? 0)
    this.#unrest = `${status === null ? 'it does not answer' : `${status.state} at ${status.at}, exchange at ${time}`}; position ${here} here, ${position} there; stops ${algos.length}; wallet ${status?.cash} here, ${wallet} there`
    if (status === null || status.at === null || status.at < time || here !== position) return false
    return wallet === units(status.cash) && isProtected(position, algos)
  }

  async #until(ms: number, holds: () => Promise<boolean>): Promise<boolean> {
    const end = performance.now() + ms
    for (;;) {
      if (await holds()) return true
      if (performance.now() > end) return false
      if (!this.#paper.isUp) {
        await this.#judgeEnd()
        this.#start()
      }
      await sleep(400)
    }
  }
}
