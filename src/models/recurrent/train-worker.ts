/** What runs on each of the threads that `crew.ts` starts. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Epoch, Trainer } from './trainer.ts'
import type { TrainingTask } from './training-task.ts'

export interface WorkerBrief {
  readonly task: TrainingTask
  readonly index: number
}

const { task, index } = workerData as WorkerBrief
const trainer = new Trainer(task, index)

parentPort!.on('message', (epoch: Epoch) => {
  for (const _ of trainer.epoch(epoch));
  parentPort!.postMessage('done')
})
