import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identityOf } from '../../../src/runs/paper/paper-request.ts'
import type { SessionFile } from '../../../src/runs/paper/session-file.ts'
import { checkSame, holdSession, sessionsIn } from '../../../src/runs/paper/session-folder.ts'
import { scratch } from '../../cli/klinelab.ts'

test('an account is one session’s, which the other is told of; the other leaves no folder', async () => {
  const out = scratch()
  const folder = (name: string) => join(sessionsIn(out), name)
  const first = await holdSession(folder('first'), out, 'demo')
  mkdirSync(join(folder('older'), 'log'), { recursive: true })
  for (const name of ['second', 'older'])
    await expect(holdSession(folder(name), out, 'demo')).rejects.toThrow(
      /is trading this account \(demo\) in session first; end it with: klinelab paper stop first, or delete/,
    )
  expect(['first', 'second', 'older'].map((name) => existsSync(folder(name)))).toEqual([true, false, true])
  first.release()
  expect(existsSync(folder('first'))).toBe(true)
  const second = await holdSession(folder('second'), out, 'demo')
  second.discard()
  expect(existsSync(folder('second'))).toBe(false)
})

test('a session that was begun with another range says so in dates', () => {
  const bars = (to: number) => ({ bars: { from: Date.UTC(2024, 0, 1), to } })
  const said = bars(Date.UTC(2024, 1, 1))
  const file = { said, asked: identityOf(said) } as unknown as SessionFile
  expect(() => checkSame('first', file, bars(Date.UTC(2024, 0, 3)))).toThrow(/\(to was 2024-02-01, is 2024-01-03\)/)
  expect(() => checkSame('first', file, said)).not.toThrow()
})
