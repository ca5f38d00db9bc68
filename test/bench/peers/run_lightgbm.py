"""LightGBM and scikit-learn on the columns that trees.bench.ts has written; one JSON line of seconds and AUC."""
import json
import sys
import time
import warnings

import numpy

warnings.filterwarnings('ignore')
try:
    import lightgbm
    import sklearn
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
except ImportError:
    sys.exit(0)

folder, train, features = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
x = numpy.column_stack([numpy.fromfile(f'{folder}/{k}') for k in range(features)])
y = numpy.fromfile(f'{folder}/y', dtype=numpy.int8)


def boost(threads):
    start = time.perf_counter()
    model = lightgbm.LGBMClassifier(
        n_estimators=100, num_leaves=31, learning_rate=0.1, max_bin=255, min_child_samples=20,
        n_jobs=threads, verbosity=-1, force_col_wise=True, deterministic=True)
    model.fit(x[:train], y[:train])
    return time.perf_counter() - start, model


one, model = boost(1)
two, _ = boost(2)
auc = roc_auc_score(y[train:], model.predict_proba(x[train:])[:, 1])
whole = numpy.nan_to_num(x[:train], nan=0.0)
start = time.perf_counter()
linear = LogisticRegression(C=1.0).fit(whole, y[:train])
logistic = time.perf_counter() - start
print(json.dumps({
    'one': one, 'two': two, 'auc': auc, 'logistic': logistic,
    'coefficients': linear.coef_[0].tolist(),
    'versions': f'lightgbm {lightgbm.__version__}, scikit-learn {sklearn.__version__}',
}))
