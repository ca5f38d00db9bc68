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
