import type { RunEvent } from '../../core/event.ts'

/** What a session does when an alarm goes off, besides saying so. */
export type AlarmAction = 'none' | 'halt' | 'flatten'

/**
 * Alarms that may stop trading. `loss-limit` and `rejected-burst` are found in what the engine says, so that a journal that is read again
 * finds them at the same input; `stale-data` and `clock-offset` hang on the wall clock, and what they do is in the journal as a command.
 */
export const SAFETY_RULES = ['loss-limit', 'rejected-burst', 'stale-data', 'clock-offset'] as const
export type SafetyRule = (typeof SAFETY_RULES)[number]

export interface SafetyRules {
  /** In the quote asset, below the equity at the start, or when trading was resumed last; `null`: off. */
  readonly maxLoss: number | null
  /** Refused orders in a row; `null`: off. */
  readonly maxRejected: number | null
  /** Without a bar for so long after the next one was due, ms; `null`: off. */
  readonly stale: number | null
  /** The venue's clock may be so far from ours, ms; `null`: off. */
  readonly maxClockOffset: number | null
  readonly on: Readonly<Record<SafetyRule, AlarmAction>>
}

/** Refusals that say nothing of whether orders get through. */
const HARMLESS: readonly string[] = ['RISK_HALT', 'NO_POSITION']

/** A rule that has been broken. */
export interface Breach<R = SafetyRule> {
  readonly rule: R
  readonly text: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** As a person reads it; the facts beside it are exact. */
const cents = (value: number) => value.toFixed(2)

/** Watches what comes of inputs; pure, so that a replay comes to the same. */
export class SafetyWatch {
  readonly #rules: SafetyRules
  /** Equity that a loss is counted from. */
  #base: number
  #rejected = 0
  /** Rules that have gone off and whose cause has not gone since. */
  readonly #isOff = new Set<SafetyRule>()

  constructor(rules: SafetyRules, startEquity: number) {
    this.#rules = rules
    this.#base = startEquity
  }

  /** Rules that what an input did has broken, each told once until trading is resumed. */
  judge(events: readonly RunEvent[], equity: number): readonly Breach[] {
    const { maxLoss, maxRejected } = this.#rules
    let most = this.#rejected
    for (const event of events) {
      // what is refused while trading is halted was meant to be: bars that are caught up with would halt it for good; nor is anything wrong
      // where a strategy closes what it may hold without asking whether it does
      if (event.type === 'rejected' && !HARMLESS.includes(event.reason)) most = Math.max(most, ++this.#rejected)
      else if (event.type === 'accepted' || event.type === 'fill') this.#rejected = 0
    }
    const breaches: Breach[] = []
    if (maxRejected !== null && most >= maxRejected && this.#goesOff('rejected-burst'))
      breaches.push({
        rule: 'rejected-burst',
        text: `${most} orders in a row were refused`,
        facts: { rejected: most, limit: maxRejected },
      })
    const loss = this.#base - equity
    if (maxLoss !== null && loss >= maxLoss && this.#goesOff('loss-limit'))
      breaches.push({
        rule: 'loss-limit',
        text: `equity is ${cents(equity)}, ${cents(loss)} below ${cents(this.#base)}: the loss has reached its limit of ${maxLoss}`,
        facts: { equity, base: this.#base, loss, limit: maxLoss },
      })
    return breaches
  }

  /** A person has had a look: losses count from here, and every rule may go off again. */
  resumed(equity: number): void {
    this.#base = equity
    this.#rejected = 0
    this.#isOff.clear()
  }

  #goesOff(rule: SafetyRule): boolean {
    if (this.#isOff.has(rule)) return false
    this.#isOff.add(rule)
    return true
  }
}
