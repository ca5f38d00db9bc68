import { OrderTree } from './order-tree.ts'
import type { OrderedWindow } from './ordered-window.ts'
import { SortedWindow } from './sorted-window.ts'

/** Up to here moving numbers along in an array is faster than walking a tree, by far for the usual 14 or 20. */
const MOST_SORTED = 32

/** O(log period) a bar; a bounded number of steps while the window is small. */
export function ordered(period: number): OrderedWindow {
  return period <= MOST_SORTED ? new SortedWindow(period) : new OrderTree(period)
}
