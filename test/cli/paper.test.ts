import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { timeName } from '../../src/core/time.ts'
import { klinelab, ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const FILES = ['fills.csv', 'trades.csv', 'events.jsonl', 'equity.parquet']
const SMA = ['strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--set', 'fast=24', '--set', 'slow=168']
const RANGE = ['--from', '2024-01-01', '--to', '2024-04-01']

const bytesIn = (dir: string) => FILES.map((name) => readFileSync(join(dir, name)))

async function done(args: readonly string[]) {
  const finished = await klinelabHere(args)
  expect(finished.stderr).toBe('')
  expect(finished.code).toBe(0)
  return finished
}

/** Of this machine, where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a replayed session', () => {
  test.each([
    ['sma-cross on spot', [...SMA, ...RANGE]],
    [
      'perp-trend on a perpetual, with marks and funding',
      ['strategies/perp-trend.ts', '--data', 'binance-usdm:BTCUSDT:1h', '--from', '2024-08-01', '--to', '2024-11-01'],
    ],
    [
      'momentum-rotation on two markets, under limits of risk and with latency',
      [
        ...['strategies/momentum-rotation.ts', '--data', 'binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'],
        ...['--from', '2024-08-01', '--to', '2025-02-01', '--risk', 'maxLeverage=0.9', '--latency', '2s'],
      ],
    ],
  ])('has the bytes of a backtest: %s', async (_, args) => {
    const out = scratch()
    const paper = await done(['paper', ...args, '--replay', '--out', out, '--json'])
    const run = await done(['backtest', ...args, '--out', out, '--json'])
    const { dir, state, counters } = paper.json<{ dir: string; state: string; counters: { fills: number } }>()
    expect(state).toBe('ended')
    expect(counters.fills).toBeGreaterThan(5)
    expect(bytesIn(dir)).toEqual(bytesIn(run.json<{ dir: string }>().dir))
    // what a backtest says of the filters that it keeps to is said here, too
    const { remarks } = paper.json<{ remarks: string[] }>()
    const ofFilters = /filters/i
    expect(remarks.length).toBeGreaterThan(0)
    expect(remarks).toEqual(run.json<{ remarks: string[] }>().remarks.filter((text) => ofFilters.test(text)))
  })

  test('goes on from any byte at which its journal ends, to the same bytes', async () => {
    const out = scratch()
    const args = ['paper', ...SMA, ...RANGE, '--replay', '--out', out, '--json']
    const { dir } = (await done(args)).json<{ dir: string }>()
    const whole = bytesIn(dir)
    const journal = join(dir, 'journal.log')
    const text = readFileSync(journal)
    const { size } = statSync(journal)
    // in the first record, between two, in the midst of one, and in the last
    for (const at of [10, text.indexOf(10) + 1, Math.floor(size / 3), Math.floor(size / 2) + 7, size - 3]) {
      truncateSync(journal, at)
      const left = readFileSync(journal, 'utf8').split('\n').slice(0, -1)
      const last = /"at":(\d+)/.exec(left.findLast((line) => line.includes('"bars"')) ?? '')?.[1]
      const from = last === undefined ? 'its beginning' : timeName(Number(last))
      const records = left.length === 1 ? '1 record' : `${left.length} records`
      // its first record gone, it begins anew
      const goesOn = left.length === 0 ? undefined : `${from}: ${records} in its journal, open orders: 0`
      const again = await klinelabHere(args)
      expect(again.code).toBe(0)
      const log = readFileSync(join(dir, 'log.jsonl'), 'utf8')
      expect([...log.matchAll(/goes on from ([^"]+)/g)].at(-1)?.[1]).toBe(goesOn)
      expect(again.json<{ state: string }>().state).toBe('ended')
      expect(bytesIn(dir)).toEqual(whole)
    }
  })

  test('that has ended is shown again, and plays nothing', async () => {
    const out = scratch()
    const args = ['paper', ...SMA, '--from', '2024-01-01', '--to', '2024-01-10', '--replay', '--out', out]
    await done(args)
    const [name] = readdirSync(join(out, 'paper'))
    const journal = readFileSync(join(out, 'paper', name!, 'journal.log'))
    const { stdout } = await done(args)
    expect(stdout).toContain(`${name}: sma-cross fast=24 slow=168`)
    expect(stdout).toMatch(/State +ended, last instant 2024-01-10 UTC/)
    expect(readFileSync(join(out, 'paper', name!, 'journal.log'))).toEqual(journal)
    const listed = await done(['paper', 'status', '--out', out])
    expect(listed.stdout).toMatch(new RegExp(`${name} +ended +local +binance:BTCUSDT:1h +2024-01-10 +\\d`))
  })

  test('under a limit of loss stops trading where the loss is reached, and says so', async () => {
    const out = scratch()
    const bounded = ['--max-loss', '100', '--on-alarm', 'loss-limit=flatten', '--name', 'bounded']
    const args = ['paper', ...SMA, '--from', '2024-06-01', '--to', '2024-10-01', '--replay', '--out', out, '--json']
    const free = (await done(args)).json<{ dir: string }>()
    const { stdout, code } = await klinelabHere([...args, ...bounded])
    expect(code).toBe(0)
    const { alarms, equity, position, dir } = JSON.parse(stdout)
    expect(alarms.map((one: { kind: string }) => one.kind)).toEqual(['loss-limit'])
    expect(position).toEqual([])
    // what the close at the next open costs comes on top of the loss at which it was decided
    const { facts, at, ended } = alarms[0]
    expect(ended).toBeNull()
    const status = await done(['paper', 'status', 'bounded', '--out', out])
    expect(status.stdout).toMatch(/ Alarms +1, STANDS since 2024-\S+ critical loss-limit: /)
    expect(facts.loss).toBeCloseTo(10_000 - facts.equity, 8)
    expect(facts.loss).toBeGreaterThanOrEqual(100)
    expect(equity).toBeLessThanOrEqual(9_900)
    const fillsAhead = (folder: string) =>
      readFileSync(join(folder, 'fills.csv'), 'utf8')
        .split('\n')
        .filter((line) => Number(line.split(',')[1]) < at)
    expect(fillsAhead(dir)).toEqual(fillsAhead(free.dir))
    const last = readFileSync(join(dir, 'fills.csv'), 'utf8').trim().split('\n').at(-1)!
    expect(Number(last.split(',')[1])).toBeLessThanOrEqual(at)
  })
})

describe('what cannot be', () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await klinelabHere(['paper', ...args, '--out', scratch()])
    expect(code).toBe(2)
    return stderr
  }

  test('a start without the bars before it names them, and the command that brings them', async () => {
    const said = await refused(...SMA, '--replay', '--from', '2022-01-02', '--to', '2022-02-01')
    expect(said).toContain('the strategy wants 672 bars before its first, and 24 are stored before 2022-01-02')
    // 672 hours after the first stored bar
    expect(said).toContain('--from 2022-01-29')
    expect(said).toContain('klinelab data get binance:BTCUSDT:1h --from DATE')
  })

  test('a range that ends before there are enough is told where enough are, and not its own last bar', async () => {
    const said = await refused(...SMA, '--replay', '--from', '2022-01-02', '--to', '2022-01-03')
    expect(said).toContain('24 are stored before 2022-01-02')
    expect(said).toContain('Begin later (--from 2022-01-29), and end later (--to), bring earlier ones')
  })

  test('a range without --replay, and clocks with it', async () => {
    expect(await refused(...SMA, '--from', '2024-01-01')).toContain('add --replay')
    const backwards = await refused(...SMA, '--replay', '--from', '2024-02-01', '--to', '2024-01-01')
    expect(backwards).toBe('--to 2024-01-01 is not after --from 2024-02-01\n')
    const short = [
      'strategies/perp-trend.ts',
      '--data',
      'binance:BTCUSDT:1h',
      '--from',
      '2024-08-01',
      '--to',
      '2024-10-01',
    ]
    const spot = await klinelabHere(['paper', ...short, '--replay', '--out', scratch()])
    expect(spot.stdout).toMatch(/[1-9]\d* refused, most of them for [A-Z_]+/)
    expect(await refused(...SMA, '--replay', '--stale', '5m')).toContain('--stale is of live bars')
    expect(await refused(...SMA, '--replay', '--on-alarm', 'loss=halt')).toContain('there is no rule "loss"')
    expect(await refused(...SMA, '--replay', '--name', '../up')).toContain('it is the name of a folder')
    expect(await refused(...SMA, '--reply')).toContain('--replay')
  })

  test('an address of a simulated exchange has the port on which it listens if it is told none', () => {
    expect(klinelab(['exchange', '--help']).stdout).toContain('(built in: 8787)')
  })

  test.each([
    [['foo'], 'there is no place "foo"'],
    [['lcal'], 'there is no place "lcal" (did you mean "local"?)'],
    [['exchange'], 'its URL is missing'],
    [['http://127.0.0.1:8787'], 'which kind of place that is comes before its URL'],
    [['local', 'foo'], '"foo" is too much'],
  ])('a place for orders that there is not: %j', async (words, wrong) => {
    const said = await refused(...SMA, '--broker', ...words)
    expect(said).toBe(
      `--broker ${words.join(' ')}: ${wrong}; write local (orders meet the bars here; built in), exchange http://127.0.0.1:8787 (a simulated exchange, as klinelab exchange serves one) or demo [FILE OF KEYS] (Binance Demo Trading)\n`,
    )
    const perp = ['strategies/perp-trend.ts', '--data', 'binance-usdm:BTCUSDT:1h']
    expect(await refused(...perp, '--broker', 'exchange', 'there')).toContain('write one such as http://127.0.0.1:8787')
  })

  test.each([
    [
      ['--replay', '--from', '2024-01-01', '--to', '2024-02-01'],
      '--replay, --from, --to',
      ' --from 2024-01-01 --to 2024-02-01',
    ],
    [['--from', '2024-01-01'], '--from', ' --from 2024-01-01'],
    [['--replay', '--speed', '60x'], '--replay, --speed', ''],
  ])('stored bars of one time for orders at a place of another: %j', async (flags, named, range) => {
    const perp = ['strategies/perp-trend.ts', '--data', 'binance-usdm:BTCUSDT:1h', ...flags]
    // nobody is asked there: it would be said that nobody answers
    const exchange = await refused(...perp, '--broker', 'exchange', 'http://127.0.0.1:1')
    expect(exchange).toBe(
      `--broker exchange http://127.0.0.1:1: the bars of a session come from that exchange, where its orders are, and not from the store: leave out ${named}. Stored bars are played by the exchange: klinelab exchange --replay binance-usdm:BTCUSDT:1h${range}\n`,
    )
    const demo = await refused(...perp, '--broker', 'demo')
    expect(demo).toContain(`come from Demo Trading, where its orders are, and not from the store: leave out ${named}. `)
  })

  test('a session that is gone on with as another', async () => {
    const out = scratch()
    const args = [
      'paper',
      ...SMA,
      '--from',
      '2024-01-01',
      '--to',
      '2024-01-05',
      '--replay',
      '--name',
      'one',
      '--out',
      out,
    ]
    await done(args)
    const { code, stderr } = await klinelabHere([...args, '--set', 'qty=0.2', '--cash', '500'])
    expect(code).toBe(2)
    expect(stderr).toContain(
      'something else: its parameters (--set) (qty was 0.1, is 0.2); cash, limits of risk, execution or warm-up (cash was 10000, is 500).',
    )
  })

  test('a session that does not run is not stopped, and not resumed', async () => {
    const out = scratch()
    for (const word of ['stop', 'resume']) {
      const { code, stderr } = await klinelabHere(['paper', word, '--out', out])
      expect([code, stderr]).toEqual([2, `no session runs; those that there are: klinelab paper status --out ${out}\n`])
    }
    const { code, stderr } = await klinelabHere(['paper', 'stop', 'one', '--out', out])
    expect(code).toBe(2)
    expect(stderr).toContain('there is no session "one"')
  })

  test('a copy of a session is not gone on with, and can be looked at; one that is put in its place says what may be missing', async () => {
    const out = scratch()
    const command = ['paper', ...SMA, '--from', '2024-01-01', '--to', '2024-01-03', '--replay', '--out', out, '--name']
    await done([...command, 'own'])
    cpSync(join(out, 'paper', 'own'), join(out, 'paper', 'copied'), { recursive: true })
    const { code, stderr } = await klinelabHere([...command, 'copied'])
    expect(code).toBe(2)
    expect(stderr).toBe(
      `${join(out, 'paper', 'copied')}: is a copy of the session own, or was renamed; a copy is there to be looked at. Go on in ${join(out, 'paper', 'own')} (where that is gone, give this folder its name back), or begin a new session with another --name\n`,
    )
    truncateSync(join(out, 'paper', 'copied', 'journal.log'), 1500)
    const status = await klinelabHere(['paper', 'status', 'copied', '--json', '--out', out])
    expect(status.json()).toMatchObject({ dir: join(out, 'paper', 'copied') })
    expect((await klinelabHere(['paper', 'status', '--out', out])).stdout).toMatch(/^copied \(copy of own\) +ended /m)
    const shown = (await klinelabHere(['paper', 'status', 'copied', '--out', out])).stdout
    expect(shown).toContain('It is a copy of the session own, or was renamed')
    // one that was copied in the middle of a record, back in its place
    rmSync(join(out, 'paper', 'own'), { recursive: true })
    cpSync(join(out, 'paper', 'copied'), join(out, 'paper', 'own'), { recursive: true })
    await done([...command, 'own'])
    expect(readFileSync(join(out, 'paper', 'own', 'log.jsonl'), 'utf8')).toMatch(
      /its last record was not whole and was cut off: it had not acted\. .* so does copying the folder of a session that runs/,
    )
  })

  test('what a session that does not run could be asked is said by how it was left', async () => {
    const [out, name] = [scratch(), 'over']
    await done([
      ...['paper', ...SMA, '--from', '2024-01-01', '--to', '2024-01-03', '--replay'],
      '--name',
      name,
      '--out',
      out,
    ])
    const ask = async (word: string) => (await klinelabHere(['paper', word, name, '--out', out])).stderr
    const what = `What it came to: klinelab paper status over --out ${out}; to trade other bars begin a session with another --name\n`
    expect(await ask('stop')).toBe(
      `over has ended at 2024-01-03 UTC, its replay being over: there is nothing to stop. ${what}`,
    )
    expect(await ask('resume')).toBe(
      `over has ended at 2024-01-03 UTC, its replay being over: there is nothing to resume: no bar comes any more. ${what}`,
    )
    const last = join(out, 'paper', name, 'last.json')
    const again = 'start it again with the command that began it, and it goes on where it stopped'
    const ended = readFileSync(last, 'utf8')
    const leftAs = (state: string) => writeFileSync(last, ended.replace('"state":"ended"', `"state":"${state}"`))
    leftAs('stopped')
    expect(await ask('stop')).toBe(
      `over does not run, it was stopped at 2024-01-03 UTC: it is stopped already; ${again}\n`,
    )
    expect(await ask('resume')).toBe(
      `over does not run, it was stopped at 2024-01-03 UTC: resume is for a session that runs and is halted; ${again}\n`,
    )
    leftAs('running')
    expect(await ask('stop')).toBe(
      `over does not run, its process died at 2024-01-03 UTC: ${again} (klinelab paper status over --out ${out} shows how it was left)\n`,
    )
    rmSync(last)
    expect(await ask('resume')).toMatch(/^over does not run: its process began it and got no farther; start it again/)
  })

  test('an exchange that is not up yet is no wrong command: a service is started again', async () => {
    const { code, stderr } = await klinelabHere([
      ...['paper', 'strategies/perp-trend.ts', '--data', 'binance-usdm:BTCUSDT:1h', '--out', scratch()],
      ...['--broker', 'exchange', `http://127.0.0.1:${await freePort()}`],
    ])
    expect(stderr).toContain('is it running?')
    expect(code).toBe(1)
    const unit = readFileSync(join(ROOT, 'src/deploy/klinelab-paper.service'), 'utf8')
    expect(unit).toMatch(/^RestartPreventExitStatus=2$/m)
    expect(unit).not.toMatch(/^StartLimit|^Restart=no/m)
  })
})
