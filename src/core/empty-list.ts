/**
 * An empty list for objects. One written `[]` is to the runtime a list of small integers until the first push: whoever reads it before
 * and after knows two kinds of lists from then on, and what was compiled for one is thrown away in the next run of a process.
 */
export function emptyList<T extends object>(): T[] {
  const list: (T | null)[] = [null]
  list.pop()
  return list as T[]
}
