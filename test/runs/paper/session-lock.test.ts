import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { accountsFolder } from '../../../src/runs/connect-settings.ts'
import { sessionsIn } from '../../../src/runs/paper/session-folder.ts'
import { holdSession } from '../../../src/runs/paper/session-lock.ts'
import { UsageError } from '../../../src/runs/usage-error.ts'
import { ROOT, scratch } from '../../cli/klinelab.ts'

const folder = (out: string, name: string) => join(sessionsIn(out), name)
const taken = (name: string, out: string) =>
  `is trading this account (demo) in session ${name}; look at it with: klinelab paper status ${name} --out ${out}, or end it with: klinelab paper stop ${name} --out ${out}. `

describe('an account', () => {
  test('is one session’s, which the other is told of; the other leaves no folder', async () => {
    const [out, account] = [scratch(), { name: 'demo', accounts: scratch() }]
    const first = await holdSession(folder(out, 'first'), out, account)
    mkdirSync(join(folder(out, 'older'), 'log'), { recursive: true })
    for (const name of ['second', 'older'])
      await expect(holdSession(folder(out, name), out, account)).rejects.toThrow(
        `${process.pid}@${hostname()} ${taken('first', out)}Were that process dead, its lock would have been taken over by itself; if ps -p ${process.pid} shows another program, delete ${account.accounts}`,
      )
    expect(['first', 'second', 'older'].map((name) => existsSync(folder(out, name)))).toEqual([true, false, true])
    first.release()
    expect(existsSync(folder(out, 'first'))).toBe(true)
    const second = await holdSession(folder(out, 'second'), out, account)
    second.discard()
    expect(existsSync(folder(out, 'second'))).toBe(false)
  })

  test('is one session’s of all folders of runs of a user, in whatever process, until that is gone', async () => {
    const [ours, theirs, accounts] = [scratch(), scratch(), scratch()]
    const code = `
      const { holdSession } = await import(${JSON.stringify(join(ROOT, 'src/runs/paper/session-lock.ts'))})
      await holdSession(...JSON.parse(process.argv[1]))
      console.log('held')
      setInterval(() => {}, 60_000)`
    const args = JSON.stringify([folder(theirs, 'far'), theirs, { name: 'demo', accounts }])
    const other = spawn(process.execPath, ['--input-type=module', '-e', code, args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      expect(String((await once(other.stdout, 'data'))[0])).toBe('held\n')
      const hold = (name: string) => holdSession(folder(ours, 'near'), ours, { name, accounts })
      await expect(hold('demo')).rejects.toThrow(`process ${other.pid}@${hostname()} ${taken('far', theirs)}`)
      // nothing of what was not begun is left, and another account is nobody's
      expect(existsSync(folder(ours, 'near'))).toBe(false)
      ;(await hold('another')).discard()
      other.kill('SIGKILL')
      await once(other, 'exit')
      ;(await hold('demo')).discard()
    } finally {
      other.kill('SIGKILL')
    }
  })

  test('is not held by a session that cannot say there that it is its own', async () => {
    const [out, account] = [scratch(), { name: 'demo', accounts: scratch() }]
    ;(await holdSession(folder(out, 'first'), out, account)).discard()
    const [hash] = readdirSync(account.accounts)
    const file = join(account.accounts, hash!, 'session')
    rmSync(file)
    symlinkSync(join(out, 'nowhere', 'session'), file)
    await expect(holdSession(folder(out, 'second'), out, account)).rejects.toThrow(file)
    expect(existsSync(folder(out, 'second'))).toBe(false)
    rmSync(file)
    ;(await holdSession(folder(out, 'third'), out, account)).discard()
  })

  test('is one session’s of a folder of runs that machines or containers have in common', async () => {
    const out = scratch()
    const first = await holdSession(folder(out, 'first'), out, { name: 'demo', accounts: scratch() })
    const own = scratch()
    await expect(holdSession(folder(out, 'second'), out, { name: 'demo', accounts: own })).rejects.toThrow(
      taken('first', out),
    )
    // what it held of its own it has let go
    first.release()
    ;(await holdSession(folder(out, 'second'), out, { name: 'demo', accounts: own })).release()
  })

  test('that cannot be held is not traded: it is said what to set', async () => {
    const [out, home] = [scratch(), scratch({ file: '' })]
    const accounts = join(home, 'file', 'klinelab', 'accounts')
    const held = holdSession(folder(out, 'first'), out, { name: 'demo', accounts })
    await expect(held).rejects.toThrow(UsageError)
    await expect(held).rejects.toThrow(
      /accounts: cannot be written \((ENOTDIR|EEXIST)\); .* Set XDG_STATE_HOME to a folder that can be/,
    )
    expect(readdirSync(sessionsIn(out))).toEqual([])
  })

  test('is held in the user’s state, wherever he has that', () => {
    expect(accountsFolder({ XDG_STATE_HOME: '/var/lib' })).toBe('/var/lib/klinelab/accounts')
    expect(accountsFolder({ XDG_STATE_HOME: 'relative' })).toBe(accountsFolder({}))
    expect(accountsFolder({})).toMatch(/\/\.local\/state\/klinelab\/accounts$/)
  })
})

test('of a holder on another machine it is said where to look, and what to delete', async () => {
  const out = scratch()
  const dir = folder(out, 'far')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, '.lock'), '77@elsewhere 1')
  await expect(holdSession(dir, out)).rejects.toThrow(
    `It is of the machine or container elsewhere: if it runs there no more, delete ${join(dir, '.lock')}`,
  )
})
