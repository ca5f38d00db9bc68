/**
 * A process that imports a file into a store in a bucket and kills itself on the way: `dying-upload.ts ADDRESS CACHES FILE SERIES
 * REQUEST DELAY`, REQUEST being the number of the request to the bucket after which it lives DELAY ms more (0: dies ahead of it), or
 * "never", in which case it prints how many requests there were.
 */
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'

const [address, caches, file, name, request, delay] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const die = () => process.kill(process.pid, 'SIGKILL')
let done = 0

function count(): void {
  if (++done !== Number(request)) return
  if (delay === '0') die()
  setTimeout(die, Number(delay))
}

// the clients send by way of one of these
const { request: realRequest } = http
Object.assign(http, {
  request: (...args: Parameters<typeof realRequest>) => {
    count()
    return realRequest(...args)
  },
})
syncBuiltinESMExports()
const realFetch = globalThis.fetch
globalThis.fetch = (...args) => {
  count()
  return realFetch(...args)
}

const { parseSeries } = await import('../../../src/core/series.ts')
const { importFiles, openStore } = await import('../../../src/data/index.ts')
const { connectStore } = await import('../../../src/data/remote/connect.ts')
connectStore(address, { env: process.env, caches })
const store = await openStore(address)
await importFiles(store, [file], parseSeries(name), { now: Date.UTC(2027, 0, 1) })
process.stdout.write(String(done))
process.exit(0)
