import { decimalOf, unitsText } from '../core/decimal.ts'
import type { Venue } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import type { FoundConfig } from './config.ts'
import { FEE_TIERS, type FeeTier } from './fee-tiers.ts'
import { UsageError } from './usage-error.ts'

/** What may be said of fees: a step of the venue's schedule and a discount, or the rates themselves. */
export interface GivenFees {
  /** Below 0 where the exchange pays its makers. */
  readonly feeMaker?: number
  readonly feeTaker?: number
  readonly feeTier?: string
  /** Fraction of the fee that is not charged. */
  readonly feeDiscount?: number
}

/** What the rates of a venue are of. */
export interface FeeTerms {
  /** Step of the venue's schedule; `null` where a rate was given. */
  readonly feeTier: string | null
  readonly feeDiscount: number
}

interface Fees {
  readonly rates: { readonly feeMaker: number; readonly feeTaker: number }
  readonly terms: FeeTerms
}

/** Of one source. */
interface Said {
  readonly maker?: number | undefined
  readonly taker?: number | undefined
  readonly tier?: string | undefined
  readonly discount?: number | undefined
}

type Origins = Record<string, { readonly value: unknown; readonly from: string }>

const GIVEN: FeeTerms = { feeTier: null, feeDiscount: 0 }
const NO_FEES: Fees = { rates: { feeMaker: 0, feeTaker: 0 }, terms: GIVEN }

/** Flags win over config, config over the venue's base tier; a rate that is given is the rate that is paid. */
export function feesOf(
  given: GivenFees,
  found: FoundConfig,
  noCosts: boolean,
  origins: Origins,
): (venue: Venue) => Fees {
  const flags = { maker: given.feeMaker, taker: given.feeTaker, tier: given.feeTier, discount: given.feeDiscount }
  checkSaid(flags, 'fee')
  const { fees: config = {} } = found.config
  for (const [venue, said] of Object.entries(config)) {
    checkSaid(said, `${found.file}: fees.${venue}.`)
    if (said.tier !== undefined) tierOf(venue as Venue, said.tier, `${found.file}: fees.${venue}.tier`)
  }
  const own = (key: keyof Said) => Object.values(config).some((said) => said[key] !== undefined)
  for (const [name, flag, keys] of [
    ['fee-maker', flags.maker, ['maker']],
    ['fee-taker', flags.taker, ['taker']],
    ['fee-tier', flags.tier, ['tier']],
    ['fee-discount', flags.discount, ['discount']],
  ] as const)
    origins[name] =
      flag !== undefined
        ? { value: flag, from: `--${name}` }
        : { value: 'per venue', from: keys.some(own) ? found.file! : 'built in' }
  return (venue) => (noCosts ? NO_FEES : ofVenue(venue, flags, config[venue] ?? {}, found.file))
}

function ofVenue(venue: Venue, flags: Said, config: Said, file: string | null): Fees {
  if (flags.tier === undefined && flags.discount !== undefined && hasRate(config))
    throw new UsageError(
      `feeDiscount ${flags.discount} has no fee to be taken off: ${file} gives the rates of ${venue} themselves; say feeTier as well`,
    )
  const own = flags.tier === undefined ? config : {}
  const maker = flags.maker ?? own.maker
  const taker = flags.taker ?? own.taker
  const tier = tierOf(venue, flags.tier ?? config.tier, flags.tier === undefined ? `${file}: ${venue}` : 'feeTier')
  const discount = flags.discount ?? config.discount ?? 0
  const rates = {
    feeMaker: maker ?? discounted(tier.maker, discount),
    feeTaker: taker ?? discounted(tier.taker, discount),
  }
  if (maker === undefined && taker === undefined) return { rates, terms: { feeTier: tier.name, feeDiscount: discount } }
  // the base tier's own rates are the base tier, however they were said
  const [base] = FEE_TIERS[venue]
  const isBase = rates.feeMaker === base.maker && rates.feeTaker === base.taker
  return { rates, terms: isBase ? { feeTier: base.name, feeDiscount: 0 } : GIVEN }
}

function hasRate({ maker, taker }: Said): boolean {
  return maker !== undefined || taker !== undefined
}

/** Rates, or a tier and a discount: of both, nobody could say which is meant. */
function checkSaid(said: Said, prefix: string): void {
  if (!hasRate(said)) return
  const name = (key: string) => (prefix === 'fee' ? `fee${key[0]!.toUpperCase()}${key.slice(1)}` : `${prefix}${key}`)
  const rate = said.maker !== undefined ? 'maker' : 'taker'
  const other = said.tier !== undefined ? 'tier' : said.discount !== undefined ? 'discount' : null
  if (other !== null)
    throw new UsageError(
      `${name(rate)} ${said[rate]} and ${name(other)} ${said[other]} exclude one another: a rate that is given is the rate that is paid`,
    )
}

function tierOf(venue: Venue, name: string | undefined, source: string): FeeTier {
  const tiers = FEE_TIERS[venue]
  if (name === undefined) return tiers[0]
  const tier = tiers.find((one) => one.name === name)
  if (tier !== undefined) return tier
  const names = tiers.map((one) => one.name)
  throw new UsageError(
    `${source}: ${venue} has no fee tier "${name}"${didYouMean(name, names)}; it has ${names.join(', ')}`,
  )
}

/** Rates have at most twelve decimals. */
const MOST_DECIMALS = 12

/** rate × (1 − discount), exactly. A rebate is no fee: nothing is taken off it. */
function discounted(rate: number, discount: number): number {
  if (rate <= 0 || discount === 0) return rate
  const [fee, off] = [decimalOf(rate), decimalOf(discount)]
  const decimals = fee.decimals + off.decimals
  const digits = fee.digits * (10n ** BigInt(off.decimals) - off.digits)
  const paid = Number(unitsText(digits, decimals))
  if (decimalOf(paid).decimals > MOST_DECIMALS)
    throw new UsageError(
      `feeDiscount ${discount} leaves ${unitsText(digits, decimals)} of the fee ${rate}: a rate has at most ${MOST_DECIMALS} decimals, so write fewer`,
    )
  return paid
}
