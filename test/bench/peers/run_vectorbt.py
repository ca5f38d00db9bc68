"""vectorbt's Rust engine on strategies/sma-cross.ts: what comes out is orders and equity, as out of ours."""
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import vectorbt as vbt
from vectorbt.generic.dispatch import ewm_mean_1d, rolling_mean_1d
from vectorbt.portfolio.enums import StopEntryPrice, StopExitPrice

from common import ATR, FAST, FEE, SLIPPAGE, SLOW, read_bars, serve

warnings.filterwarnings("ignore")
bars = read_bars(sys.argv[1])
opens, high, low, close = (bars[name] for name in ("open", "high", "low", "close"))
ENGINE = "rust"


def moved(column, fill):
    """One bar later: what was decided at a close is filled at the next open."""
    return np.concatenate(([fill], column[:-1]))


def run(has_bracket):
    start = time.perf_counter()
    fast = rolling_mean_1d(close, FAST, engine=ENGINE)
    slow = rolling_mean_1d(close, SLOW, engine=ENGINE)
    entries = (fast > slow) & (moved(fast, np.nan) <= moved(slow, np.nan))
    exits = fast < slow
    stops = {}
    if has_bracket:
        before = moved(close, np.nan)
        ranges = np.maximum(high, before) - np.minimum(low, before)
        ranges[0] = ranges[1]
        atr = ewm_mean_1d(ranges, 2 * ATR - 1, engine=ENGINE)
        entries &= 4 * atr > SLIPPAGE * close
        fill = opens * (1 + SLIPPAGE)
        # to vectorbt a leg is a fraction of the fill, read on the bar of the fill
        stops = {
            "open": opens,
            "high": high,
            "low": low,
            "sl_stop": np.maximum(1 - moved(close - 2 * atr, np.nan) / fill, 1e-9),
            "tp_stop": np.maximum(moved(close + 4 * atr, np.nan) / fill - 1, 1e-9),
            "stop_entry_price": StopEntryPrice.FillPrice,
            "stop_exit_price": StopExitPrice.StopMarket,
        }
    portfolio = vbt.Portfolio.from_signals(
        close,
        moved(entries, False),
        moved(exits, False),
        size=0.1,
        price=opens,
        fees=FEE,
        slippage=SLIPPAGE,
        init_cash=1_000_000,
        freq="1min",
        engine=ENGINE,
        **stops,
    )
    orders = time.perf_counter() - start
    portfolio.value(engine=ENGINE)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "withoutEquity": orders, "trades": int(portfolio.trades.closed.count())}


serve({"vectorbt": version("vectorbt"), "vectorbt-rust": version("vectorbt-rust"), "numpy": version("numpy"), "python": sys.version.split()[0]}, run)
