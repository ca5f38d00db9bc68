/**
 * A preload for clients that must not be changed: connections to Binance's production hosts lead to the simulated exchange on this
 * machine, and every other one is refused. It fails closed: without a port, with a host that is not known, or by address, nothing
 * leaves loopback.
 */
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const PORT = Number(process.env['KLINELAB_EXCHANGE_PORT'])
if (!Number.isInteger(PORT) || PORT < 1 || PORT > 65_535)
  throw new Error('KLINELAB_EXCHANGE_PORT is no port: nothing is let out without a simulated exchange to lead it to')

const LED = new Set(['fapi.binance.com', 'fstream.binance.com', 'api.binance.com', 'stream.binance.com'])
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args
  // a path is a socket of this machine
  if (typeof first === 'object' && first !== null && first.path !== undefined && first.path !== null)
    return connect.apply(this, args)
  const host =
    typeof first === 'object' && first !== null
      ? (first.host ?? 'localhost')
      : typeof args[1] === 'string'
        ? args[1]
        : 'localhost'
  if (LED.has(host) && typeof first === 'object') {
    first.port = PORT
    first.host = '127.0.0.1'
    return connect.apply(this, args)
  }
  if (LOOPBACK.has(host)) return connect.apply(this, args)
  process.nextTick(() => this.destroy(new Error(`blocked ${host}`)))
  return this
}

const lookup = dns.lookup
dns.lookup = (name, ...rest) => {
  if (LOOPBACK.has(name)) return lookup(name, ...rest)
  rest.at(-1)(new Error(`blocked ${name}`))
}
dns.promises.lookup = async (name) => {
  throw new Error(`blocked ${name}`)
}
for (const name of ['resolve', 'resolve4', 'resolve6'])
  dns[name] = (host, ...rest) => rest.at(-1)(new Error(`blocked ${host}`))
syncBuiltinESMExports()
