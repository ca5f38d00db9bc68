import { DataError } from './data-error.ts'

/** What states of this machine are called, by the code of an error or the words of one that has none, and what ends them. */
const FAULTS: readonly (readonly [code: RegExp, words: RegExp, cure: string])[] = [
  [
    /^(EMFILE|ENFILE)$/,
    /too many open files/i,
    'more files are open than it allows: close some programs, or allow more (ulimit -n)',
  ],
  [
    /^(ENOMEM|Z_MEM_ERROR|ERR_MEMORY_ALLOCATION_FAILED)$/,
    /^out of memory|cannot allocate memory|allocation failed|bad_alloc|failed to allocate/i,
    'its memory is used up: close some programs, or import fewer files at once',
  ],
  [/^(EACCES|EPERM)$/, /permission denied|operation not permitted/i, 'you may not read it: change its owner or mode'],
  [
    /^(EIO|EAGAIN|EBUSY|ESTALE|ETIMEDOUT|ENODEV|ENXIO)$/,
    /input\/output error|stale file handle|resource temporarily unavailable/i,
    'the disk or the network it lies on does not answer: look after that',
  ],
]

/**
 * What is said where a file could not be read for a state of this machine, which says nothing of the file: it is no reason to leave
 * good data out. `null` where it is the file itself.
 */
export function machineFault(file: string, error: unknown): DataError | null {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const name = typeof code === 'string' ? code : ''
  // the first line alone: below it stands the query. A path in it may hold any words
  const [line] = String(message ?? error).split('\n')
  const words = line!.replaceAll(file, '')
  const found = FAULTS.find(([codes, said]) => codes.test(name) || said.test(words))
  if (found === undefined) return null
  return new DataError(
    `${file}: cannot be read on this machine (${name || line}); ${found[2]}, and import again. Nothing was changed.`,
  )
}
