/** Whether a request is of a route as a fault names it. */
export function isRoute(route: string | undefined, method: string, path: string): boolean {
  if (route === undefined) return true
  const [first = '', second] = route.split(' ')
  if (second !== undefined) return (first === '*' || first === method) && fits(second, path)
  return fits(first, path)
}

/** Whether a frame is of a stream, or an event, as a fault names it. */
export function isStream(wanted: string | undefined, stream: string, event: string | undefined): boolean {
  return wanted === undefined || wanted === event || fits(wanted, stream)
}

/** `*` at the end stands for any ending. */
export function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text
}
