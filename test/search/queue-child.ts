/** A worker, or a sweep, of the queue's tests: started with its flags as JSON, it tells its parent what it begins and ends. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Manifest, TrialBackend } from '../../src/search/backend.ts'
import { queueBackend } from '../../src/search/queue/queue-backend.ts'
import { runQueueWorker } from '../../src/search/queue/queue-worker.ts'
import { Refusal } from '../../src/search/queue/refusal.ts'
import { expectedOutcome, type MadeWork } from './queue-work.ts'

const { url, queue, code = 'code-1', threads = 1, times, sweep } = JSON.parse(process.argv[2]!)
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())

async function open(manifest: Manifest): Promise<TrialBackend> {
  if (manifest.code !== code) throw new Refusal(`code is ${code} here, the sweep has ${manifest.code}`)
  const work = manifest['work'] as MadeWork
  return {
    async run(trials, tell, signal) {
      for (const trial of trials) {
        process.send!(`start ${trial.number}`)
        if (work.kills?.includes(trial.number)) process.kill(process.pid, 'SIGKILL')
        await sleep(work.ms, undefined, { signal })
        if (work.throws?.includes(trial.number)) throw new Error(`out of luck in trial ${trial.number}`)
        const outcome = expectedOutcome(manifest, trial)
        tell(work.isRandom ? { ...outcome, objective: performance.now() + process.pid } : outcome)
        process.send!(`done ${trial.number}`)
      }
    },
    close: async () => {},
  }
}

if (sweep !== undefined) {
  const backend = await queueBackend({ redis: url, manifest: sweep.manifest, times })
  await backend.run(sweep.trials, () => {})
}
try {
  const log = (line: string) => console.error(line)
  await runQueueWorker({ redis: url, queue, open, threads, signal: stop.signal, times, log })
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
// the channel to the parent would keep it alive
process.disconnect()
