/**
 * Drops the elements from `length` on. To set a list's own length costs a call into the runtime, and gives memory back that the next
 * push asks for again: too much for lists that are emptied at every order.
 */
export function shorten(list: unknown[], length: number): void {
  while (list.length > length) list.pop()
}
