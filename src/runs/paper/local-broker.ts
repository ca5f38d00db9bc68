import type { PaperBroker } from './paper-broker.ts'

/** Orders meet the bars in the engine itself, as in a backtest: nothing leaves, and nothing has to be asked. */
export class LocalBroker implements PaperBroker {
  readonly fills = 'bars'
  async open(): Promise<void> {}
  handle(): void {}
  async resumed(): Promise<void> {}
  async reconcile(): Promise<void> {}
  async idle(): Promise<void> {}
  async close(): Promise<void> {}
}
