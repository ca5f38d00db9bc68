const MINUTE = 60_000

/** Prices and amounts of a thousand bars, as long as real ones are. */
export const ROWS = Array.from({ length: 1000 }, (_, k) => {
  const price = (shift: number) =>
    `${42_000 + ((k * 37 + shift) % 900)}.${String((k * 7919) % 100).padStart(2, '0')}000000`
  const amount = (by: number) => `${(k * by) % 97}.${String((k * by * 31) % 99_999_999).padStart(8, '0')}`
  return {
    prices: [price(10), price(10).replace('42', '43'), price(10).replace('42', '41'), price(10)],
    volume: amount(13),
    behind: [`${1_000_000 + k}.12345678`, 100 + k, amount(7), `${500_000 + k}.87654321`] as const,
  }
})

/** A page of klines as Binance writes it; of days no more than that there are any is asked. */
export function pageText(from: number, to: number, step: number): string {
  const rows: string[] = []
  for (let at = from; at <= to; at += step) {
    const { prices, volume, behind } = ROWS[(at / MINUTE) % 1000]!
    const [quote, trades, takerBase, takerQuote] = behind
    rows.push(
      `[${at},"${prices.join('","')}","${volume}",${at + step - 1},"${quote}",${trades},"${takerBase}","${takerQuote}","0"]`,
    )
  }
  return `[${rows.join(',')}]`
}
