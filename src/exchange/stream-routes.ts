import { Refused } from './error-codes.ts'
import type { Account, Routes } from './route.ts'

/** The key of the user-data stream: named by the API key alone, without a signature. */
export function streamRoutes({ listenKeys, stream }: Account, path: string): Routes {
  const key = { security: 'key' as const, weight: 1 }
  return {
    [`POST ${path}`]: { ...key, answer: (_, { at }) => ({ listenKey: listenKeys.create(at) }) },
    [`PUT ${path}`]: {
      ...key,
      answer: (_, { at }) => {
        if (!listenKeys.extend(at)) throw new Refused(-1125)
        return { listenKey: listenKeys.active }
      },
    },
    [`DELETE ${path}`]: {
      ...key,
      answer: () => {
        const closed = listenKeys.close()
        if (closed === null) throw new Refused(-1125)
        stream.expire(closed)
        return {}
      },
    },
  }
}
