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
  process.removeAllListeners('SIGINT')
  process.on('SIGINT', onSignal)
  return () => {
    process.off('SIGINT', onSignal)
    for (const other of others) process.on('SIGINT', other)
  }
}

/** Work that the first Ctrl-C asks to stop, keeping what is done. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const end = onInterrupt(() => stop.abort())
  try {
    return await work(stop.signal)
  } finally {
    end()
  }
}
