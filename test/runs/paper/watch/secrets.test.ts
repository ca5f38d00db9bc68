import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { SYSTEM_CLOCK } from '../../../../src/data/stream/stream-clock.ts'
import { LocalBroker } from '../../../../src/runs/paper/local-broker.ts'
import type { BrokerHost, PaperBroker } from '../../../../src/runs/paper/paper-broker.ts'
import { PaperSession } from '../../../../src/runs/paper/session.ts'
import { lineOf } from '../../../../src/runs/paper/watch/log-entry.ts'
import { redactor } from '../../../../src/runs/paper/watch/redaction.ts'
import { Watch } from '../../../../src/runs/paper/watch/watch.ts'
import { webhookSecrets } from '../../../../src/runs/paper/watch/webhook.ts'
import { ownSecretsHider } from '../../../../src/runs/secrets.ts'
import { settle } from '../../../../src/runs/settings.ts'
import { ROOT, scratch } from '../../../cli/klinelab.ts'

/** Machines are busy. */
const soon = <T>(of: () => T) => expect.poll(of, { timeout: 15_000 })

const ENV = { KLINELAB_DEMO_KEY: 'sentinelA0key/+=', KLINELAB_DEMO_SECRET: 'sentinelB1secret/+=' }
const LISTEN_KEY = 'sentinelC2ListenKeyOfSixtyFourCharactersLike7Those9Of1BinanceXyZ'
const SIGNATURE = 'sentinelD3signature'
const HOOK = 'sentinelE4webhook'
/** What a venue says back, and what a careless broker hands on. */
const SAID = `-2014 API-key ${ENV.KLINELAB_DEMO_KEY} of ${ENV.KLINELAB_DEMO_SECRET} is bad: GET /fapi/v1/order?a=1&signature=${SIGNATURE} wss://x/ws/${LISTEN_KEY}`
const FACTS = {
  request: { headers: { 'X-MBX-APIKEY': 'sentinelF5header' }, query: [{ signature: 'sentinelG6' }] },
  listenKey: 'sentinelH7',
  [`ws/${LISTEN_KEY}`]: SAID,
  hook: `http://127.0.0.1/${HOOK}`,
}

const LEAKY: PaperBroker = Object.assign(new LocalBroker(), {
  open: async (host: BrokerHost) => {
    host.alarm({ at: 1, kind: 'leaky', severity: 'critical', text: SAID, facts: FACTS })
    host.log('error', SAID, FACTS)
    host.log('info', SAID, FACTS)
  },
})

const filesIn = (dir: string) =>
  readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'latin1')] as const)

test('whatever is said to a session, no secret leaves it: by files, lines, page, figures, events or webhook', async () => {
  const posted: string[] = []
  const receiver = createServer((request, response) => {
    request.on('data', (part) => posted.push(String(part)))
    request.on('end', () => response.writeHead(400).end())
  })
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const webhook = new URL(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${HOOK}`)
  const hide = ownSecretsHider(ENV)
  const redact = redactor((text) =>
    webhookSecrets(webhook).reduce((rest, one) => rest.replaceAll(one, '***'), hide(text)),
  )
  const out = scratch()
  const session = await PaperSession.open({
    asked: {
      ...{
        strategy: resolve(ROOT, 'strategies', 'sma-cross.ts'),
        data: ['binance:BTCUSDT:1h'],
        set: { fast: 3, slow: 8 },
      },
      ...{ replay: { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 3) }, broker: 'local', fills: 'bars' },
      safety: {
        ...{ maxLoss: null, maxRejected: null, stale: null, maxClockOffset: null },
        on: { 'loss-limit': 'none', 'rejected-burst': 'none', 'stale-data': 'none', 'clock-offset': 'none' },
      },
    },
    settings: settle({ store: resolve(ROOT, 'datasets'), out }, { config: {}, file: null }, {}, ROOT),
    ...{ broker: LEAKY, accounts: out },
    bringing: { shelf: null, now: () => 0, get: () => Promise.reject(new Error('of live bars alone')) },
    live: () => {
      throw new Error('of live bars alone')
    },
    ...{ clock: SYSTEM_CLOCK, real: SYSTEM_CLOCK, monotonic: () => performance.now(), speed: 'max', onStop: 'keep' },
    redact,
  })
  const lines: string[] = []
  const watch = await Watch.open(session, {
    ...{ redact, webhook, key: null, now: () => Date.now(), metrics: null },
    onAlarm: (alarm) => lines.push(JSON.stringify(alarm)),
    onEntry: (entry) => lines.push(lineOf(entry, true), JSON.stringify(entry)),
    dashboard: { host: '127.0.0.1', port: 0, expectation: { reason: SAID } },
  })
  const [address] = watch.addresses
  const ended = await session.run(new AbortController().signal)
  await soon(() => lines.some((line) => line.includes('did not reach the webhook'))).toBe(true)
  const served = await Promise.all(
    ['', 'snapshot.json', 'metrics', 'healthz'].map(async (path) => (await fetch(`${address}${path}`)).text()),
  )
  const { value } = await (await fetch(`${address}events`))
    .body!.pipeThrough(new TextDecoderStream())
    .getReader()
    .read()
  await watch.close()
  receiver.close()
  // each outlet has said what there was to say
  expect(lines.filter((line) => line.includes('-2014 API-key ***')).length).toBeGreaterThan(3)
  expect(posted.join()).toContain('-2014 API-key ***')
  expect(served[1]).toContain('-2014 API-key ***')
  expect(value).toBeDefined()
  const files = filesIn(session.dir)
  for (const name of ['log.jsonl', 'alarms.jsonl'])
    expect(files.find(([one]) => one === name)![1].match(/-2014 API-key \*\*\*/g)!.length).toBeGreaterThan(0)
  const all = [...lines, ...posted, ...served, value!, JSON.stringify(ended), ...files.map(([, text]) => text)]
  for (const text of all) expect(text.match(/.{0,60}sentinel.{0,30}/)?.[0]).toBeUndefined()
})
