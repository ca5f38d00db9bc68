import { availableParallelism } from 'node:os'
import { openManifest } from '../../runs/open-manifest.ts'
import { runQueueWorker } from '../../search/queue/queue-worker.ts'
import type { Command } from '../command.ts'
import { number, readingSettingsOf, STORE } from '../flags.ts'
import { stoppable } from '../interrupt.ts'
import { QUEUE, redisOf } from '../queue-flags.ts'

interface Flags {
  readonly redis?: string
  readonly queue?: string
  readonly workers?: number
}

/** What keeps the process alive after its end, such as a connection that hangs, is cut off then. */
const LAST_MS = 2000

export default {
  words: '',
  flags: {
    ...QUEUE,
    workers: number(`threads (built in: one a core, here ${availableParallelism()})`, 'N', {
      ...{ min: 1, max: 256, isWhole: true },
    }),
    ...STORE,
  },
  example: 'klinelab worker --redis redis://127.0.0.1:6379',
  async run(args, io) {
    const { redis, queue, workers: threads = availableParallelism() } = args.flags as Flags
    const { store, out } = await readingSettingsOf(args, io)
    const place = { redis: redisOf(redis, io), queue, threads }
    const log = (line: string) => process.stderr.write(`${line}\n`)
    try {
      await stoppable((signal) =>
        runQueueWorker({
          ...{ ...place, log, signal },
          open: (manifest) => openManifest(manifest, { store, out, cwd: io.cwd, threads }),
        }),
      )
    } finally {
      setTimeout(() => process.exit(), LAST_MS).unref()
    }
    return { json: { stopped: true }, text: 'stopped' }
  },
} satisfies Command
