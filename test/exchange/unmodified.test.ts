import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { ownCertificate } from '../../src/exchange/certificate.ts'
import { PRODUCTION_HOSTS } from '../../src/exchange/production-hosts.ts'
import { barsOf, FROM, KEYS, play, slotOf } from './played.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'klinelab-tls-'))
const PRELOAD = resolve(import.meta.dirname, '..', 'servers', 'redirect.mjs')

afterAll(() => rmSync(folder, { recursive: true }))

test('clients with production addresses trade here over TLS, and nothing else gets out', async () => {
  const { key, cert, file } = await ownCertificate(folder, Date.now())
  const played = await play({
    slots: [
      slotOf(
        barsOf(
          [
            [50_000, 50_000, 50_000, 50_000],
            [50_000, 50_100, 49_900, 50_050],
          ],
          1,
        ),
      ),
    ],
    tls: { key, cert },
    hosts: PRODUCTION_HOSTS,
  })
  try {
    const { stdout } = await run(process.execPath, ['--import', PRELOAD, join(import.meta.dirname, 'unmodified.mjs')], {
      env: {
        ...process.env,
        KLINELAB_EXCHANGE_PORT: new URL(played.origin).port,
        CONTROL_PORT: new URL(played.controlOrigin).port,
        NODE_EXTRA_CA_CERTS: file,
        ...{ API_KEY: KEYS.key, API_SECRET: KEYS.secret },
      },
      timeout: 30_000,
    })
    expect(JSON.parse(stdout)).toEqual({
      ccxtUrl: 'https://fapi.binance.com/fapi/v1',
      ccxtOrder: 'open',
      ccxtError: 'InsufficientFunds',
      ccxtCandle: [FROM, 50_000, 50_000, 50_000, 50_000, 0.001],
      binanceBalance: '100000.00000000',
      binanceFrame: 'kline',
      officialOrders: 1,
      elsewhere: 'blocked data.binance.vision',
      byAddress: 'blocked 1.1.1.1',
    })
    expect(played.errors).toEqual([])
  } finally {
    await played.close()
  }
}, 40_000)

test('the preload lets nothing run without an exchange to lead it to', async () => {
  const { KLINELAB_EXCHANGE_PORT: _, ...env } = process.env
  const started = run(process.execPath, ['--import', PRELOAD, '-e', 'fetch("https://fapi.binance.com")'], { env })
  await expect(started).rejects.toThrow('KLINELAB_EXCHANGE_PORT')
})
