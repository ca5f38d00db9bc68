import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identityOf } from '../../../src/runs/paper/paper-request.ts'
import type { SessionFile } from '../../../src/runs/paper/session-file.ts'
import { checkSame, holdSession, outToSay, sessionCommand, sessionsIn } from '../../../src/runs/paper/session-folder.ts'
import { scratch } from '../../cli/klinelab.ts'

test('an account is one session’s, which the other is told of; the other leaves no folder', async () => {
  const out = scratch()
  const folder = (name: string) => join(sessionsIn(out), name)
  const first = await holdSession(folder('first'), out, 'demo')
  mkdirSync(join(folder('older'), 'log'), { recursive: true })
  for (const name of ['second', 'older'])
    await expect(holdSession(folder(name), out, 'demo')).rejects.toThrow(
      `${process.pid}@${hostname()} is trading this account (demo) in session first; look at it with: klinelab paper status first --out ${out}, or end it with: klinelab paper stop first --out ${out}. Were that process dead, its lock would have been taken over by itself; if ps -p ${process.pid} shows another program, delete ${out}`,
    )
  expect(['first', 'second', 'older'].map((name) => existsSync(folder(name)))).toEqual([true, false, true])
  first.release()
  expect(existsSync(folder('first'))).toBe(true)
  const second = await holdSession(folder('second'), out, 'demo')
  second.discard()
  expect(existsSync(folder('second'))).toBe(false)
})

test('of a holder on another machine it is said where to look, and what to delete', async () => {
  const out = scratch()
  const dir = join(sessionsIn(out), 'far')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, '.lock'), '77@elsewhere 1')
  await expect(holdSession(dir, out)).rejects.toThrow(
    `It is of the machine or container elsewhere: if it runs there no more, delete ${join(dir, '.lock')}`,
  )
})

test('a session that was begun with another range says so in dates', () => {
  const bars = (to: number) => ({ bars: { from: Date.UTC(2024, 0, 1), to } })
  const said = bars(Date.UTC(2024, 1, 1))
  const file = { said, asked: identityOf(said) } as unknown as SessionFile
  expect(() => checkSame('first', file, bars(Date.UTC(2024, 0, 3)))).toThrow(/\(to was 2024-02-01, is 2024-01-03\)/)
  expect(() => checkSame('first', file, said)).not.toThrow()
})

test('a command says where the folder of runs is unless that is the built-in one, and as a shell reads it', () => {
  const from = (of: string) => outToSay({ out: "/my runs/it's", origins: { out: { value: '', from: of } } })
  expect(['built in', '--out', 'KLINELAB_REPORTS'].map((of) => sessionCommand('stop one', from(of)))).toEqual([
    'klinelab paper stop one',
    `klinelab paper stop one --out '/my runs/it'\\''s'`,
    `klinelab paper stop one --out '/my runs/it'\\''s'`,
  ])
})
