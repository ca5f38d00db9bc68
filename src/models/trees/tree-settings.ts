import { requireSetting } from '../../preprocess/settings.ts'

type Numbers = Readonly<Record<string, number>>

/** @throws TypeError that names the first of the settings that is no whole number of the range */
export function requireWhole(step: string, settings: Numbers, from: number, to = Number.MAX_SAFE_INTEGER): void {
  const range = to === Number.MAX_SAFE_INTEGER ? `of at least ${from}` : `from ${from} to ${to}`
  for (const [name, value] of Object.entries(settings))
    requireSetting(
      Number.isInteger(value) && value >= from && value <= to,
      step,
      name,
      value,
      `a whole number ${range}`,
    )
}

/** @throws TypeError that names the first of the settings that is no finite number above 0 (`orZero`: at least 0) */
export function requirePositive(step: string, settings: Numbers, orZero = false): void {
  for (const [name, value] of Object.entries(settings))
    requireSetting(
      Number.isFinite(value) && (orZero ? value >= 0 : value > 0),
      step,
      name,
      value,
      orZero ? 'a number of at least 0' : 'a number above 0',
    )
}

/** @throws TypeError that names the first of the settings that is not above 0 and at most 1 */
export function requireFraction(step: string, settings: Numbers): void {
  for (const [name, value] of Object.entries(settings))
    requireSetting(value > 0 && value <= 1, step, name, value, 'a fraction above 0, at most 1')
}
