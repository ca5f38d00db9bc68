"""Writes portfolio.json: a made-up account of two perpetuals, and what numpy makes of its parts.

Nothing here is copied from the TypeScript. Profit is summed bar by bar as what was held times how far the price moved
(the code looks at cash and what is held), correlations are numpy's of a table of days, tiers are looked up by bisection.
"""

import json
import pathlib
import random

import numpy as np
import pandas as pd

HOUR, DAY = 3_600_000, 86_400_000
START = 1_704_067_200_000  # 2024-01-01T00:00Z
CASH = 10_000.0
SYMBOLS = ["BTCUSDT", "ETHUSDT"]
LEVERAGE = {"BTCUSDT": 3, "ETHUSDT": 5}
# floor, cap, ratio, cum: made so that maintenance margin is continuous
TIERS = [(0, 2000, 0.004, 0), (2000, 6000, 0.01, 12), (6000, 10**9, 0.05, 252)]
rng = random.Random(20240501)

# ---- 400 bars of six hours, two days without bars
opens = [START + k * 6 * HOUR for k in range(408)]
opens = [at for at in opens if not START + 40 * DAY <= at < START + 42 * DAY]
n = len(opens)
price = {"BTCUSDT": 400.0, "ETHUSDT": 30.0}
bars = {symbol: {"open": [], "close": []} for symbol in SYMBOLS}
events, position = [], dict.fromkeys(SYMBOLS, 0.0)
held = {symbol: np.zeros(n) for symbol in SYMBOLS}  # at the close
profit = {symbol: np.zeros(n) for symbol in SYMBOLS}  # of each bar
fees, slippage, funding = ({symbol: 0.0 for symbol in SYMBOLS} for _ in range(3))
number = 0
for k, at in enumerate(opens):
    market = rng.gauss(0.0003, 0.012)
    for symbol in SYMBOLS:
        open_ = price[symbol]
        close = round(open_ * (1 + market + rng.gauss(0, 0.008)), 2)
        bars[symbol]["open"].append(open_)
        bars[symbol]["close"].append(close)
        # funding falls due at 0, 8 and 16 h, on what was held before the bar's orders
        for due in range(at, at + 6 * HOUR, HOUR):
            if due % (8 * HOUR) == 0 and position[symbol] != 0:
                paid = round(position[symbol] * open_ * rng.gauss(0.0001, 0.0002), 8)
                profit[symbol][k] -= paid
                funding[symbol] += paid
                events.append({"type": "funding", "at": due, "symbol": symbol, "paid": paid})
        if rng.random() < 0.12 and k > 3:
            target = rng.choice([-2, -1, 0, 1, 2]) * (8 if symbol == "BTCUSDT" else 60)
            # a turn is two fills, as an engine makes them
            steps = [0.0, target] if target * position[symbol] < 0 else [target]
            for step in steps:
                moved = step - position[symbol]
                if moved == 0:
                    continue
                number += 1
                at_price = round(open_ * (1 + (0.0002 if moved > 0 else -0.0002)), 2)
                fee = round(abs(moved) * at_price * 0.0005, 8)
                slip = round(abs(at_price - open_) * abs(moved), 8)
                # bought above the open, or sold below it, and held to the close
                profit[symbol][k] += moved * (close - at_price) - fee
                fees[symbol] += fee
                slippage[symbol] += slip
                fill = {"n": number, "symbol": symbol, "side": "buy" if moved > 0 else "sell", "time": at, "phase": "open"}
                fill |= {"qty": abs(moved), "price": at_price, "fee": fee, "feeAsset": "USDT", "slippage": slip}
                events.append({"type": "fill", "at": at, "fill": fill | {"position": step}})
                position[symbol] = step
        held[symbol][k] = position[symbol]
        price[symbol] = close
# what was held at the close before moves with the price from that close on; opens are the closes before
for symbol in SYMBOLS:
    c = np.array(bars[symbol]["close"])
    profit[symbol][1:] += held[symbol][:-1] * np.diff(c)

time = np.array(opens) + 6 * HOUR
total = {symbol: profit[symbol].cumsum() for symbol in SYMBOLS}
equity = CASH + sum(total.values())

# ---- the largest drawdown, the start being the first peak
curve = np.r_[CASH, equity]
top = np.maximum.accumulate(curve)
valley = int(np.argmax(1 - curve / top))
peak = int(np.flatnonzero(curve[: valley + 1] == top[valley])[-1])
at = np.r_[START, time]
cumulative = {symbol: np.r_[0, total[symbol]] for symbol in SYMBOLS}

# ---- days: the last close of each, days without bars keep the day before's
days = pd.DataFrame({symbol: bars[symbol]["close"] for symbol in SYMBOLS}, index=pd.to_datetime(time - 1, unit="ms"))
days = days.resample("D").last().ffill()
first = pd.DataFrame({symbol: [bars[symbol]["open"][0]] for symbol in SYMBOLS})
returns = pd.concat([first, days]).pct_change().dropna()
correlation = np.corrcoef(returns.T.to_numpy())

# ---- margin at the closes
value = {symbol: held[symbol] * np.array(bars[symbol]["close"]) for symbol in SYMBOLS}
caps, ratios, cums = (np.array([tier[k] for tier in TIERS], float) for k in (1, 2, 3))
needed = 0
for symbol in SYMBOLS:
    tier = np.searchsorted(caps, np.abs(value[symbol]), side="left")
    needed = needed + np.abs(value[symbol]) * ratios[tier] - cums[tier]
margin = {
    "net": sum(value.values()) / equity,
    "initial": sum(np.abs(value[symbol]) / LEVERAGE[symbol] for symbol in SYMBOLS) / equity,
    "maintenance": needed / equity,
}

document = {
    "given": {
        "from": START,
        "startEquity": CASH,
        "openTime": opens,
        "bars": bars,
        "equity": list(equity),
        "events": events,
        "leverage": LEVERAGE,
        "tiers": TIERS,
    },
    "symbols": [
        {
            "symbol": symbol,
            "netProfit": total[symbol][-1],
            "returnShare": total[symbol][-1] / CASH,
            "drawdownShare": (cumulative[symbol][peak] - cumulative[symbol][valley]) / curve[peak],
            "fees": fees[symbol],
            "slippage": slippage[symbol],
            "funding": funding[symbol],
            "exposure": np.count_nonzero(held[symbol]) / n,
        }
        for symbol in SYMBOLS
    ],
    "drawdown": {"from": int(at[peak]), "to": int(at[valley]), "depth": 1 - curve[valley] / curve[peak]},
    "correlation": correlation.tolist(),
    "margin": {name: list(values) for name, values in margin.items()},
    "most": {
        name: {"value": margin[name].max(), "at": int(time[margin[name].argmax()])} for name in ("initial", "maintenance")
    },
}
text = json.dumps(document, separators=(",", ":")).replace('"symbols":', '\n"symbols":')
pathlib.Path(__file__).with_name("portfolio.json").write_text(text + "\n")
