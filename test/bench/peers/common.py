"""What both rivals are run on, and how the bench talks to them: one line in, one line of JSON out."""
import json
import sys
from pathlib import Path

import numpy as np

FAST, SLOW, ATR = 60, 240, 14
FEE, SLIPPAGE = 0.001, 0.0002


def read_bars(folder: str) -> dict[str, np.ndarray]:
    names = ("openTime", "open", "high", "low", "close", "volume")
    return {name: np.fromfile(Path(folder) / name, dtype=np.float64) for name in names}


def wilder(high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Average true range for the rival that has none of its own: given to it before its clock starts."""
    before = np.concatenate(([np.nan], close[:-1]))
    ranges = np.maximum(high, before) - np.minimum(low, before)
    out = np.full(len(close), np.nan)
    value = ranges[1 : ATR + 1].mean()
    out[ATR] = value
    for k in range(ATR + 1, len(close)):
        value += (ranges[k] - value) / ATR
        out[k] = value
    return out


def serve(versions: dict[str, str], run) -> None:
    """Answers every line `bracket` or `plain` with what `run(has_bracket)` measured."""
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(line.strip() == "bracket")), flush=True)
