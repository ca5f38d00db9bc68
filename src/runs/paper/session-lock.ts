import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { diskError } from '../../data/duckdb.ts'
import { makeFolder } from '../../data/index.ts'
import { takeLock } from '../../data/lock.ts'
import { sha256 } from '../run-identity.ts'
import { UsageError } from '../usage-error.ts'
import { sessionCommand, sessionsIn } from './session-folder.ts'

/** Within a folder of runs: machines and containers may have that in common, and no home. */
const ACCOUNTS = '.accounts'

/** A session that no other process runs meanwhile. */
export interface Held {
  release(): void
  /** Releases it, and leaves no folder behind where there was none. */
  discard(): void
}

/** What no two sessions may trade at a time. */
interface Account {
  /** Tells accounts apart, and says nothing of their keys (`PaperBroker.account`). */
  readonly name: string
  /** Folder of this user in which accounts are held. */
  readonly accounts: string
}

/**
 * Holds a session, and the account that it trades, for this process: whatever folder of runs another session of this user is in, and
 * whoever's another session of this folder of runs is.
 * @throws DataError that names the process that runs it, and the session that trades the account; UsageError where accounts cannot be held
 */
export async function holdSession(dir: string, out: string, account?: Account): Promise<Held> {
  const name = basename(dir)
  const releaseFolder = await takeLock(dir, 0, 'running this paper session', cureOf({ name, out }))
  const isNew = readdirSync(dir).every((one) => one === '.lock')
  // the lock goes with the folder: nobody begins a session in what is being removed
  const drop = () => (isNew ? rmSync(dir, { recursive: true, force: true }) : releaseFolder())
  const releases: (() => void)[] = []
  const after = (last: () => void) => () => {
    for (const release of releases) release()
    last()
  }
  try {
    if (account !== undefined) {
      checkWritable(account.accounts)
      for (const all of [account.accounts, join(sessionsIn(out), ACCOUNTS)])
        releases.push(await holdAccount(join(all, sha256(account.name).slice(0, 16)), account.name, { name, out }))
    }
  } catch (error) {
    after(drop)()
    throw error
  }
  return { release: after(releaseFolder), discard: after(drop) }
}

interface Holder {
  readonly name: string
  readonly out: string
}

async function holdAccount(folder: string, account: string, holder: Holder): Promise<() => void> {
  makeFolder(folder)
  const file = join(folder, 'session')
  // a holder that is only just there has not said who it is
  const [name = '', out = holder.out] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const what = `trading this account (${account}) in session ${name || 'another'}`
  const release = await takeLock(folder, 0, what, cureOf({ name: name || 'NAME', out }))
  try {
    writeFileSync(file, `${holder.name}\n${holder.out}`)
  } catch (error) {
    // nobody would know whose it is
    release()
    throw diskError(file, error)
  }
  return release
}

/** @throws UsageError: not to know of the other sessions of an account is no way to trade it */
function checkWritable(folder: string): void {
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(
      `${folder}: cannot be written (${code}); sessions of this user say there which accounts they trade, so that no two trade one. Set XDG_STATE_HOME to a folder that can be, the same for all of them (in a unit of systemd: StateDirectory=klinelab and Environment=XDG_STATE_HOME=%S)`,
      { cause: error },
    )
  }
}

/** Commands as they stand, wherever they are typed. */
function cureOf({ name, out }: Holder): string {
  const [look, end] = ['status', 'stop'].map((what) => sessionCommand(`${what} ${name}`, out))
  return `look at it with: ${look}, or end it with: ${end}`
}
