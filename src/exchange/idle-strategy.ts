import { defineStrategy } from '../engine/index.ts'

/** The engine wants a strategy; that of an exchange decides nothing. */
export const idle = defineStrategy({ name: 'exchange', onBar: () => undefined })
