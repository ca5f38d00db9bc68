/** A worker, or a sweep, of the queue's tests: started with its flags as JSON, it tells its parent what it begins and ends. */
import { queueBackend } from '../../src/search/queue/queue-backend.ts'
import { runQueueWorker } from '../../src/search/queue/queue-worker.ts'
import { madeTrials } from './queue-work.ts'

const { url, queue, code = 'code-1', threads = 1, times, sweep } = JSON.parse(process.argv[2]!)
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())

if (sweep !== undefined) {
  const backend = await queueBackend({ redis: url, manifest: sweep.manifest, times })
  await backend.run(sweep.trials, () => {})
}
try {
  const log = (line: string) => console.error(line)
  const open = madeTrials(code, (word) => process.send!(word))
  await runQueueWorker({ redis: url, queue, open, threads, signal: stop.signal, times, log })
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
// the channel to the parent would keep it alive
process.disconnect()
