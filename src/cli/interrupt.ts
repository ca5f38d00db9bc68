/** One Ctrl-C comes twice, from the terminal and from the process that started this one: what follows so soon is the same. */
const ONE_SIGNAL_MS = 500

/**
 * The first Ctrl-C is told, a second one ends all.
 * @returns what makes Ctrl-C do again what it does elsewhere
 */
export function onInterrupt(onFirst: () => void): () => void {
  let first = Number.POSITIVE_INFINITY
  const onSignal = () => {
    const now = performance.now()
    if (now - first > ONE_SIGNAL_MS) process.exit(130)
    if (first === Number.POSITIVE_INFINITY) {
      first = now
      onFirst()
    }
  }
  const others = process.listeners('SIGINT')
  // never without a listener: a signal that came while code was loading waits to be told, and would be lost with the last one
  process.on('SIGINT', onSignal)
  for (const other of others) process.off('SIGINT', other as NodeJS.SignalsListener)
  return () => {
    for (const other of others) process.on('SIGINT', other as NodeJS.SignalsListener)
    process.off('SIGINT', onSignal)
  }
}

/** After so long a person wants to know why nothing ends. */
const PATIENCE_MS = 2000

/** Work that the first Ctrl-C asks to stop, keeping what is done. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  let told: NodeJS.Timeout | undefined
  const end = onInterrupt(() => {
    stop.abort()
    const say = () => process.stderr.write('stops when what is at hand is done; Ctrl-C again ends it now\n')
    told = setTimeout(say, PATIENCE_MS).unref()
  })
  try {
    return await work(stop.signal)
  } finally {
    clearTimeout(told)
    end()
  }
}

/** SIGTERM, by which containers and services are stopped, asks as a first Ctrl-C does. Until `end` it does nothing else. */
export function onTerminate(): { readonly signal: AbortSignal; readonly end: () => void } {
  const term = new AbortController()
  const onTerm = () => term.abort()
  process.once('SIGTERM', onTerm)
  return { signal: term.signal, end: () => void process.off('SIGTERM', onTerm) }
}

/** Work that Ctrl-C or SIGTERM asks to stop, keeping what is done. @param work is told apart which: `interrupt` is Ctrl-C alone */
export async function stoppable<T>(work: (stop: AbortSignal, interrupt: AbortSignal) => Promise<T>): Promise<T> {
  const term = onTerminate()
  try {
    return await interruptible((interrupt) => work(AbortSignal.any([interrupt, term.signal]), interrupt))
  } finally {
    term.end()
  }
}
