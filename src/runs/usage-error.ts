/** The command was wrong: a bad value, a missing file, an unknown name. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** For work that does nothing but check what was asked for: a RangeError of it is a wrong command, not a failed run. */
export function usage<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
