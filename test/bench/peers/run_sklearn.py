"""scikit-learn's RobustScaler on the bench's features: its version, what it fitted, then seconds for every line it is sent."""
import json
import sys
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.preprocessing import RobustScaler

files = sorted(Path(sys.argv[1]).glob("feature-*"))
features = np.column_stack([np.fromfile(file, dtype=np.float64) for file in files])

print(sklearn.__version__, flush=True)
fitted = RobustScaler().fit(features)
print(json.dumps({"center": fitted.center_.tolist(), "scale": fitted.scale_.tolist()}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    RobustScaler().fit(features).transform(features)
    print(time.perf_counter() - start, flush=True)
