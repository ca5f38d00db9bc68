import { crc32, deflateRawSync } from 'node:zlib'

const MINUTE = 60_000

/** A zip of one file, as the exchange's daily and monthly dumps are. */
export function zipOf(name: string, text: string): Buffer {
  const content = Buffer.from(text)
  const packed = deflateRawSync(content)
  const title = Buffer.from(name)
  const shared = Buffer.alloc(26)
  shared.writeUInt16LE(20, 0)
  shared.writeUInt16LE(8, 4)
  shared.writeUInt32LE(crc32(content), 10)
  shared.writeUInt32LE(packed.length, 14)
  shared.writeUInt32LE(content.length, 18)
  shared.writeUInt16LE(title.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, title, packed])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), shared, Buffer.alloc(14), title])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

/** A day of one-minute klines in the twelve columns of the dumps: a price that wanders by cents. */
export function dayOfMinutes(day: number): string {
  const lines = Array.from({ length: 1440 }, (_, k) => {
    const at = day + k * MINUTE
    const [open, close] = [cents(at / MINUTE), cents(at / MINUTE + 1)]
    const [high, low] = [Math.max(open, close) + 50, Math.min(open, close) - 50]
    const prices = [open, high, low, close].map((price) => (price / 100).toFixed(2))
    return [at, ...prices, '1.50000000', at + MINUTE - 1, '60000.00', 12, '0.70000000', '28000.00', 0].join(',')
  })
  return `${lines.join('\n')}\n`
}

function cents(minute: number): number {
  return 4_000_000 + ((minute * 7919) % 2000)
}
