import type { WireReply } from './wire.ts'

type CandleFault = 'missing-bars' | 'misaligned-bars' | 'revised-bars'

/** Candles as bad days have them. The last one, which is unfinished, stays. */
export function spoilCandles(
  kind: CandleFault,
  reply: WireReply,
  { count, ms }: { readonly count: number; readonly ms: number },
): WireReply {
  return changed(reply, (rows) => {
    if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row))) return rows
    const from = Math.max(0, rows.length - 1 - count)
    if (kind === 'missing-bars') return rows.filter((_, k) => k < from || k === rows.length - 1)
    return (rows as unknown[][]).map((row, k) => {
      if (k < from || k === rows.length - 1) return row
      if (kind === 'misaligned-bars') return [(row[0] as number) + ms, ...row.slice(1)]
      // the close moves to the open, and half of the volume is gone
      const half = String(Number(row[5]) / 2)
      return [row[0], row[1], row[2], row[3], row[1], half, ...row.slice(6)]
    })
  })
}

/** Another grid in exchangeInfo than the one orders are judged by. */
export function spoilFilters(
  reply: WireReply,
  { tick, step, notional }: { readonly tick?: string; readonly step?: string; readonly notional?: string },
): WireReply {
  return changed(reply, (info) => {
    const { symbols } = info as { symbols?: { filters: Record<string, unknown>[] }[] }
    if (symbols === undefined) return info
    for (const { filters } of symbols)
      for (const filter of filters) {
        if (tick !== undefined && 'tickSize' in filter) filter['tickSize'] = tick
        if (step !== undefined && 'stepSize' in filter) filter['stepSize'] = step
        if (notional !== undefined && 'notional' in filter) filter['notional'] = notional
        if (notional !== undefined && 'minNotional' in filter) filter['minNotional'] = notional
      }
    return info
  })
}

function changed(reply: WireReply, change: (json: unknown) => unknown): WireReply {
  if (reply.status !== 200) return reply
  return { ...reply, body: JSON.stringify(change(JSON.parse(reply.body))) }
}
