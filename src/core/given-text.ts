const LONGEST = 60

/** What somebody handed over in the place of something else, as an error quotes it; long ones by what they are. */
export function givenText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) {
    if (value.length === 0) return 'an empty list'
    return value.length === 1
      ? `a list of ${givenText(value[0])}`
      : `a list of ${value.length}, ${givenText(value[0])} first`
  }
  if (typeof value !== 'object' || value === null) return String(value)
  const keys = Object.keys(value)
  if (ArrayBuffer.isView(value) || keys.length === 0) return isPlain(value) ? '{}' : `a ${value.constructor.name}`
  return `an object of ${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ', …' : ''}`
}

/** An object of no class, also one without any prototype, as `Object.create(null)` or a parser makes it. */
function isPlain(value: object): boolean {
  return typeof value.constructor !== 'function' || value.constructor === Object
}
