/** Does what a page is made by where asking for the time is an error. */
export function withoutClock<T>(work: () => T): T {
  const RealDate = Date
  globalThis.Date = class extends RealDate {
    constructor(...args: ConstructorParameters<typeof Date> | []) {
      if (args.length === 0) throw new Error('the report asked for the time')
      super(...(args as ConstructorParameters<typeof Date>))
    }
  } as DateConstructor
  try {
    return work()
  } finally {
    globalThis.Date = RealDate
  }
}
