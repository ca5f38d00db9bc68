import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { PRODUCTION_HOSTS } from './production-hosts.ts'

/** A key and its certificate as PEM text, and the file that NODE_EXTRA_CA_CERTS may name. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  readonly file: string
}

const DNS = 2
const IP = 7
const DAYS = 365

/**
 * A certificate of this exchange's own, for loopback and for the names that Binance's clients ask for; kept in a folder, and used again
 * while it is valid. It is good for whoever is told to trust it and for nobody else.
 */
export async function ownCertificate(folder: string, now: number): Promise<Certificate> {
  const [keyFile, file] = [join(folder, 'exchange-key.pem'), join(folder, 'exchange-cert.pem')]
  if (existsSync(keyFile) && existsSync(file)) {
    const cert = readFileSync(file, 'utf8')
    if (isGood(cert, now)) return { key: readFileSync(keyFile, 'utf8'), cert, file }
  }
  const names = ['localhost', ...PRODUCTION_HOSTS]
  const made = await generate([{ name: 'commonName', value: 'klinelab simulated exchange' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    notBeforeDate: new Date(now - 3_600_000),
    notAfterDate: new Date(now + DAYS * 24 * 3_600_000),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...names.map((value) => ({ type: DNS as 2, value })), { type: IP as 7, ip: '127.0.0.1' }],
      },
    ],
  })
  mkdirSync(folder, { recursive: true })
  writeFileSync(keyFile, made.private, { mode: 0o600 })
  writeFileSync(file, made.cert)
  return { key: made.private, cert: made.cert, file }
}

function isGood(pem: string, now: number): boolean {
  try {
    const { validTo, subjectAltName = '' } = new X509Certificate(pem)
    return Date.parse(validTo) > now && PRODUCTION_HOSTS.every((name) => subjectAltName.includes(name))
  } catch {
    return false
  }
}
