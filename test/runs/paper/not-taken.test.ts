import { expect, test } from 'vitest'
import { loadStrategy } from '../../../src/runs/load-strategy.ts'
import { readRecorded } from '../../../src/runs/paper/parity-session.ts'
import type { JournalRecord } from '../../../src/runs/paper/session-record.ts'
import { SessionState } from '../../../src/runs/paper/session-state.ts'
import { filled, hour, madeSession, SYMBOL } from './made-session.ts'

const funding: JournalRecord = {
  kind: 'told',
  told: { kind: 'funding', symbol: SYMBOL, paid: 'much', rate: '0', mark: '1', at: hour(3) },
}

test.each([
  ['a fill finer than the grid', filled('in', 3, 101.005, 0), '101.005, finer than the 2 decimals'],
  ['a fill of what was never sent', filled('o99', 3, 101, 0), 'o99, which was never sent'],
  ['funding that is no number', funding, '"much" is not a plain decimal number'],
])('a journal with %s is a halt, and no error at every start', async (_what, record, text) => {
  const { dir } = await madeSession({ after: { 3: [record] } })
  const { file, warm, records } = await readRecorded(dir)
  const { strategy } = await loadStrategy(file.strategy.file)
  const state = new SessionState(file, strategy, warm, [{}])
  const breaches = records.flatMap((one) => [...state.take(one).breaches])
  expect(breaches).toMatchObject([{ rule: 'not-taken', text: expect.stringContaining(text) }])
  expect([state.isHalted, state.counters.fills, state.run.positionOf(SYMBOL).qty]).toEqual([true, 0, 0])
  // what follows is taken as ever
  expect(state.counters.bars).toBe(10)
})

test('notes of a broker are kept until it has read them, and no longer', async () => {
  const { dir } = await madeSession({ after: { 3: [{ kind: 'broker', note: 'first' }] } })
  const { file, warm, records } = await readRecorded(dir)
  const { strategy } = await loadStrategy(file.strategy.file)
  const state = new SessionState(file, strategy, warm, [{}])
  for (const record of records) state.take(record)
  const { notes } = state
  expect(notes).toEqual([{ kind: 'broker', note: 'first' }])
  state.forgetNotes()
  state.take({ kind: 'broker', note: 'second' })
  expect(notes).toEqual([])
})
