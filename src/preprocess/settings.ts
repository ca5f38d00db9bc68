import { didYouMean } from '../core/suggest.ts'

/**
 * Settings of a step: the defaults, with what was given in their place.
 * @throws TypeError that names the step and the setting it does not know
 */
export function settingsOf<T extends object>(step: string, given: Partial<T>, defaults: T): T {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(
      `${step}: settings are an object such as ${JSON.stringify(defaults)}, not ${JSON.stringify(given)}`,
    )
  const known = Object.keys(defaults)
  const merged: T = { ...defaults }
  for (const [name, value] of Object.entries(given) as [keyof T & string, T[keyof T & string] | undefined][]) {
    if (!known.includes(name))
      throw new TypeError(`${step}: unknown setting "${name}"${didYouMean(name, known)}; known: ${known.join(', ')}`)
    if (value !== undefined) merged[name] = value
  }
  return merged
}

/**
 * Options of a factory that cannot do without some.
 * @param example what to write
 * @throws TypeError that names the factory, and the option that it does not know or that is missing
 */
export function checkOptions(
  factory: string,
  given: unknown,
  {
    known,
    needed,
    example,
  }: { readonly known: readonly string[]; readonly needed: readonly string[]; readonly example: string },
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(
      `${factory}: options are ${given === undefined ? 'missing' : JSON.stringify(given)}: write ${example}`,
    )
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new TypeError(`${factory}: unknown setting "${name}"${didYouMean(name, known)}; known: ${known.join(', ')}`)
  const missing = needed.find((name) => (given as Readonly<Record<string, unknown>>)[name] === undefined)
  if (missing !== undefined) throw new TypeError(`${factory}: ${missing} is missing: write ${example}`)
}

/** @throws TypeError that names the step and the setting, quotes the value and says what to write */
export function requireSetting(isRight: boolean, step: string, name: string, value: unknown, write: string): void {
  if (!isRight) throw new TypeError(`${step}: ${name} is ${JSON.stringify(value)}: write ${write}`)
}

/** @throws TypeError where they are not two rising fractions */
export function requireQuantiles(step: string, quantiles: readonly [number, number]): void {
  const [low, high] = Array.isArray(quantiles) && quantiles.length === 2 ? quantiles : [Number.NaN, Number.NaN]
  requireSetting(
    low >= 0 && low < high && high <= 1,
    step,
    'quantiles',
    quantiles,
    'two rising fractions such as [0.25, 0.75]',
  )
}

/** @throws TypeError that names the first of the settings that is neither true nor false */
export function requireBooleans(step: string, settings: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(settings))
    requireSetting(typeof value === 'boolean', step, name, value, 'true or false')
}
