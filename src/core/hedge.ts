/** How exchanges and other tools call the mode in which a symbol holds a long and a short side by side. */
const NAMES = ['positionSide', 'positionMode', 'hedge', 'hedgeMode', 'dualSidePosition']

/** Why such a setting is refused; `null` where the name is of something else. */
export function hedgeRefusal(name: string): string | null {
  const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (!NAMES.includes(camel)) return null
  return 'hedge mode is not modelled: a symbol has one net position (one-way mode), which an order on the other side reduces and then turns round'
}
