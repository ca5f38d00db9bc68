"""Writes figures.json: a made-up run, and its figures computed with numpy from the formulas in src/metrics/table.ts.

Nothing here is copied from the TypeScript: days are grouped by label, drawdowns are found by segments of the running
maximum, coverage is counted on a grid of hours. What vectorbt and backtesting.py say of the same run, where they use
the same formula, stands beside it.
"""

import json
import pathlib
import random

import numpy as np
import pandas as pd
import vectorbt as vbt
from backtesting._stats import compute_stats

HOUR, DAY, YEAR = 3_600_000, 86_400_000, 365
START = 1_704_067_200_000  # 2024-01-01T00:00Z
CASH, RISK_FREE = 10_000.0, 0.03
rng = random.Random(20240101)

# ---- a made-up run: 400 bars of six hours, two days without bars, equity in whole cents
opens = [START + k * 6 * HOUR for k in range(408)]
opens = [at for at in opens if not START + 40 * DAY <= at < START + 42 * DAY]
time = [at + 6 * HOUR for at in opens]
equity, bench, exposure = [], [], []
value, held = CASH, CASH
for k in range(len(time)):
    market = rng.gauss(0.0004, 0.011)
    value *= 1 + 0.5 * market + rng.gauss(0.0002, 0.006)
    held *= 1 + market
    equity.append(round(value, 2))
    bench.append(round(held, 2))
    exposure.append(round(rng.uniform(0.1, 0.9), 4) if rng.random() < 0.6 else 0)

trades = []
for n in range(1, 46):
    entry = START + rng.randrange(0, 2300) * HOUR
    notional = round(rng.uniform(500, 4000), 2)
    profit = round(rng.gauss(4, 40), 2)
    trades.append(
        {
            "n": n,
            "symbol": rng.choice(["BTCUSDT", "ETHUSDT"]),
            "side": "long" if rng.random() < 0.7 else "short",
            "qty": 1,
            "entryTime": entry,
            "entryPrice": notional,
            "exitTime": entry + rng.randrange(1, 60) * HOUR,
            "exitPrice": notional + profit,
            "fees": 0,
            "funding": 0,
            "pnl": profit,
            "return": profit / notional,
            "bars": 1,
            "mae": 0,
            "mfe": 0,
            "entryTag": rng.choice(["dip", "breakout", "entry"]),
            "exitTag": "signal",
        }
    )
open_trades = [{"pnl": -12.5}, {"pnl": 3.25}]
fills = [
    {
        "symbol": "BTCUSDT",
        "side": "buy" if rng.random() < 0.5 else "sell",
        "qty": round(rng.uniform(0.001, 0.4), 5),
        "price": round(rng.uniform(20_000, 70_000), 2),
        "fee": round(rng.uniform(0.01, 9), 8),
    }
    for _ in range(90)
]
fees, slippage, funding = 312.25, 81.5, -7.75
given = {
    "equity": {"time": time, "equity": equity, "exposure": exposure},
    "from": START,
    "startEquity": CASH,
    "trades": trades,
    "openTrades": open_trades,
    "fills": fills,
    "fees": fees,
    "slippage": slippage,
    "funding": funding,
    "benchmark": bench,
    "riskFree": RISK_FREE,
}

# ---- result
t, e, b = np.array(time, float), np.array(equity), np.array(bench)
end = e[-1]
duration = t[-1] - START
f = {
    "start": START,
    "end": t[-1],
    "duration": duration,
    "startEquity": CASH,
    "endEquity": end,
    "equityPeak": max(CASH, e.max()),
    "netProfit": end - CASH,
    "totalReturn": end / CASH - 1,
    "buyAndHold": b[-1] / CASH - 1,
    "cagr": (end / CASH) ** (YEAR * DAY / duration) - 1,
    "exposure": np.count_nonzero(exposure) / len(exposure),
    "maxGrossExposure": max(exposure),
    "turnover": sum(fill["price"] * fill["qty"] for fill in fills) / e.mean(),
    "fees": fees,
    "slippage": slippage,
    "funding": funding,
    "costShare": (fees + slippage + funding) / (end - CASH + fees + slippage + funding),
}


# ---- daily returns: the last equity of each UTC day, days without bars keep the day before's
def daily(values):
    days = pd.Series(values, index=pd.to_datetime(t - 1, unit="ms"))
    days = days.resample("D").last().ffill()
    return np.diff(np.r_[CASH, days.to_numpy()]) / np.r_[CASH, days.to_numpy()[:-1]]


r, m = daily(e), daily(b)
rf = RISK_FREE / YEAR
x, y = r - rf, m - rf
z = (r - r.mean()) / r.std()
skew, kurtosis = (z**3).mean(), (z**4).mean() - 3
s = x.mean() / r.std(ddof=1)
error = np.sqrt((1 + s * s / 2 - skew * s + kurtosis / 4 * s * s) / len(r))
beta = np.cov(x, y, ddof=1)[0, 1] / y.var(ddof=1)
p5, p95 = np.percentile(r, 5), np.percentile(r, 95)
f |= {
    "volatility": r.std(ddof=1) * np.sqrt(YEAR),
    "sharpe": s * np.sqrt(YEAR),
    "sharpeLow": (s - 1.96 * error) * np.sqrt(YEAR),
    "sharpeHigh": (s + 1.96 * error) * np.sqrt(YEAR),
    "sortino": x.mean() / np.sqrt((np.minimum(x, 0) ** 2).mean()) * np.sqrt(YEAR),
    "omega": x[x > 0].sum() / -x[x < 0].sum(),
    "skew": skew,
    "kurtosis": kurtosis,
    "tailRatio": abs(p95 / p5),
    "commonSenseRatio": abs(p95 / p5) * r[r > 0].sum() / -r[r < 0].sum(),
    "valueAtRisk": p5,
    "valueAtRisk99": np.percentile(r, 1),
    "expectedShortfall": np.sort(r)[: (len(r) - 1) * 5 // 100 + 1].mean(),
    "expectedShortfall99": np.sort(r)[: (len(r) - 1) // 100 + 1].mean(),
    "beta": beta,
    "alpha": YEAR * (x.mean() - beta * y.mean()),
}

# ---- drawdowns: one for every stretch of closes below the running maximum; the start is the first peak
curve, at = np.r_[CASH, e], np.r_[START, t]
top = np.maximum.accumulate(curve)
below = np.flatnonzero(curve < top)
stretches = np.split(below, np.flatnonzero(np.diff(below) > 1) + 1)
falls = []
for rows in stretches:
    valley = rows[np.argmin(curve[rows])]
    recovered = rows[-1] + 1 < len(curve)
    falls.append((rows[0] - 1, valley, rows[-1] + 1 if recovered else rows[-1], recovered))
depth = np.array([1 - curve[v] / curve[p] for p, v, _, _ in falls])
lasted = np.array([at[q] - at[p] for p, _, q, _ in falls])
done = [(p, v, q) for p, v, q, recovered in falls if recovered]
(p, v, q, recovered), ended = falls[-1], falls[-1][3]
assert not ended, "the made-up run is meant to end below its peak"
took = np.array([at[q] - at[v] for _, v, q in done])
rise = np.array([curve[q] / curve[v] - 1 for _, v, q in done])
f |= {
    "calmar": f["cagr"] / depth.max(),
    "maxDrawdown": depth.max(),
    "maxDrawdownBars": max(q - p for p, _, q, _ in falls),
    "maxDrawdownDuration": lasted.max(),
    "avgDrawdown": depth.mean(),
    "avgDrawdownDuration": lasted.mean(),
    "drawdowns": len(falls),
    "drawdownCoverage": len(below) / len(e),
    "recoveredDrawdowns": len(done),
    "activeDrawdowns": 1,
    "activeDrawdown": 1 - end / curve[p],
    "activeDrawdownDuration": at[-1] - at[p],
    "activeRecovery": (end - curve[v]) / (curve[p] - curve[v]),
    "activeRecoveryReturn": end / curve[v] - 1,
    "activeRecoveryDuration": at[-1] - at[v],
    "maxRecoveryReturn": rise.max(),
    "avgRecoveryReturn": rise.mean(),
    "maxRecoveryDuration": took.max(),
    "avgRecoveryDuration": took.mean(),
    "avgRecoveryRatio": np.mean([(at[q] - at[v]) / (at[v] - at[p]) for p, v, q in done]),
}

# ---- trades
T = pd.DataFrame(trades)
won, lost = T[T.pnl > 0], T[T.pnl < 0]
held_for = T.exitTime - T.entryTime
hours = np.zeros((len(T), int(T.exitTime.max() - START) // HOUR), bool)
for row, trade in enumerate(trades):
    hours[row, (trade["entryTime"] - START) // HOUR : (trade["exitTime"] - START) // HOUR] = True
inside = hours.sum(axis=0)
streak = lambda flags: max(len(run) for run in "".join("1" if flag else "0" for flag in flags).split("0"))
win_rate = len(won) / len(T)
f |= {
    "trades": len(T),
    "openTrades": 2,
    "openTradePnl": -9.25,
    "longTrades": int((T.side == "long").sum()),
    "shortTrades": int((T.side == "short").sum()),
    "winRate": win_rate,
    "profitFactor": won.pnl.sum() / abs(lost.pnl.sum()),
    "expectancy": T.pnl.mean(),
    "avgTrade": T["return"].mean(),
    "avgTradeGeometric": np.prod(1 + T["return"]) ** (1 / len(T)) - 1,
    "bestTrade": T["return"].max(),
    "worstTrade": T["return"].min(),
    "avgWin": won["return"].mean(),
    "avgLoss": lost["return"].mean(),
    "avgTradeDuration": held_for.mean(),
    "maxTradeDuration": held_for.max(),
    "avgWinDuration": held_for[won.index].mean(),
    "avgLossDuration": held_for[lost.index].mean(),
    "maxWinStreak": streak(T.pnl > 0),
    "maxLossStreak": streak(T.pnl < 0),
    "firstTrade": T.entryTime.min(),
    "lastTrade": T.exitTime.max(),
    "coverage": np.count_nonzero(inside) * HOUR / duration,
    "overlapCoverage": np.count_nonzero(inside > 1) / np.count_nonzero(inside),
    "sqn": np.sqrt(len(T)) * T.pnl.mean() / T.pnl.std(ddof=1),
    "kelly": win_rate - (1 - win_rate) / (won["return"].mean() / abs(lost["return"].mean())),
}

# ---- orders
F = pd.DataFrame(fills)
buys, sales = F[F.side == "buy"], F[F.side == "sell"]
f |= {
    "orders": len(F),
    "buyOrders": len(buys),
    "sellOrders": len(sales),
    "minOrderSize": F.qty.min(),
    "maxOrderSize": F.qty.max(),
    "avgOrderSize": F.qty.mean(),
    "avgBuySize": buys.qty.mean(),
    "avgSellSize": sales.qty.mean(),
    "avgBuyPrice": buys.price.mean(),
    "avgSellPrice": sales.price.mean(),
    "minFee": F.fee.min(),
    "maxFee": F.fee.max(),
    "avgFee": F.fee.mean(),
    "avgBuyFee": buys.fee.mean(),
    "avgSellFee": sales.fee.mean(),
}


# ---- splits
def part(rows):
    return {"trades": len(rows), "winRate": float((rows.pnl > 0).mean()), "netProfit": float(rows.pnl.sum())}


split = {
    "long": part(T[T.side == "long"]),
    "short": part(T[T.side == "short"]),
    "byTag": {tag: part(rows) for tag, rows in T.groupby("entryTag")},
    "bySymbol": {symbol: part(rows) for symbol, rows in T.groupby("symbol")},
}

# ---- the same run as the rivals see it, where their formula is ours
index = pd.date_range("2024-01-01", periods=len(r), freq="D")
returns = pd.Series(r, index=index).vbt.returns(
    benchmark_rets=pd.Series(m, index=index), freq="1D", year_freq="365 days"
)
draws = vbt.Drawdowns.from_ts(pd.Series(curve), freq="1h")
ohlc = pd.DataFrame({"Close": b}, index=pd.to_datetime(t, unit="ms"))
table = pd.DataFrame(
    {
        "EntryBar": 0,
        "ExitBar": 0,
        "PnL": T.pnl,
        "ReturnPct": T["return"],
        "Duration": pd.to_timedelta(held_for, unit="ms"),
        "Commission": 0.0,
    }
)
bt = compute_stats(table, e, ohlc, None)
rivals = {
    "vectorbt": {
        "volatility": returns.annualized_volatility(),
        "sharpe": returns.sharpe_ratio(risk_free=rf),
        "sortino": returns.sortino_ratio(required_return=rf),
        "omega": returns.omega_ratio(risk_free=rf),
        "tailRatio": returns.tail_ratio(),
        "valueAtRisk": returns.value_at_risk(),
        "valueAtRisk99": returns.value_at_risk(cutoff=0.01),
        "expectedShortfall": returns.cond_value_at_risk(),
        "expectedShortfall99": returns.cond_value_at_risk(cutoff=0.01),
        "beta": returns.beta(),
        "maxDrawdown": -draws.max_drawdown(),
        "avgDrawdown": -draws.avg_drawdown(),
        "drawdowns": draws.count(),
        "drawdownCoverage": draws.coverage() * len(curve) / len(e),  # the start is a row of theirs
        "recoveredDrawdowns": draws.recovered.count(),
        "activeDrawdowns": draws.active.count(),
        "activeDrawdown": -draws.active_drawdown(),
        "activeRecovery": draws.active_recovery(),
        "activeRecoveryReturn": draws.active_recovery_return(),
        "maxRecoveryReturn": draws.recovered.recovery_return.max(),
        "avgRecoveryReturn": draws.recovered.recovery_return.mean(),
    },
    "backtesting.py": {
        "equityPeak": bt["Equity Peak [$]"],
        "maxDrawdown": -bt["Max. Drawdown [%]"] / 100,
        "trades": bt["# Trades"],
        "winRate": bt["Win Rate [%]"] / 100,
        "bestTrade": bt["Best Trade [%]"] / 100,
        "worstTrade": bt["Worst Trade [%]"] / 100,
        "avgTradeGeometric": bt["Avg. Trade [%]"] / 100,
        "avgTrade": bt["Expectancy [%]"] / 100,
        "maxTradeDuration": bt["Max. Trade Duration"].total_seconds() * 1000,
        "sqn": bt["SQN"],
    },
}

plain = lambda values: {key: float(value) for key, value in values.items()}
document = {"given": given, "figures": plain(f), "split": split, "rivals": {k: plain(v) for k, v in rivals.items()}}
text = json.dumps(document, separators=(",", ":")).replace('"figures":', '\n"figures":').replace(',"rivals"', ',\n"rivals"')
pathlib.Path(__file__).with_name("figures.json").write_text(text + "\n")
