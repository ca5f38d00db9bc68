"""TA-Lib's C on the bench's bars: its version, then seconds for every line that names an indicator."""
import sys
import time
from pathlib import Path

import numpy as np
import talib

high, low, close = (np.fromfile(Path(sys.argv[1]) / name, dtype=np.float64) for name in ("high", "low", "close"))
RUNS = {
    "SMA 20": lambda: talib.SMA(close, 20),
    "EMA 20": lambda: talib.EMA(close, 20),
    "RSI 14": lambda: talib.RSI(close, 14),
    "MACD 12 26 9": lambda: talib.MACD(close, 12, 26, 9),
    "Bollinger 20": lambda: talib.BBANDS(close, 20, 2, 2),
    "ATR 14": lambda: talib.ATR(high, low, close, 14),
    "ADX 14": lambda: talib.ADX(high, low, close, 14),
    "Stochastic 14 3 3": lambda: talib.STOCH(high, low, close, 14, 3, 0, 3, 0),
}

print(talib.__ta_version__.decode().split()[0], flush=True)
for line in sys.stdin:
    run = RUNS[line.strip()]
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start, flush=True)
