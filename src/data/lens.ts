import type { Bars } from '../core/bar.ts'

/** What whoever loads stored bars gets to see of them: always columns of its own, as what was read is kept. */
export type Lens = (bars: Bars) => Bars

/** Bars that were read while a lens was in place, by what was asked for: the next one need not read them again. */
export type ReadBars = Map<string, Promise<Bars>>

let inPlace: { readonly lens: Lens; readonly read: ReadBars } | null = null

/**
 * Does some work for which every store of this process looks different: a check loads a module in a world whose future is
 * another. Works of this kind cannot overlap.
 */
export async function throughLens<T>(lens: Lens, read: ReadBars, work: () => Promise<T>): Promise<T> {
  if (inPlace !== null) throw new Error('one lens at a time: the work before it has not ended')
  inPlace = { lens, read }
  try {
    return await work()
  } finally {
    inPlace = null
  }
}

/** Bars as they are to be seen. */
export async function seen(asked: string, load: () => Promise<Bars>): Promise<Bars> {
  if (inPlace === null) return load()
  const { lens, read } = inPlace
  const known = read.get(asked) ?? load()
  read.set(asked, known)
  return lens(await known)
}
