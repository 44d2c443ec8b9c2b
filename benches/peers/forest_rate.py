"""How many rows scikit-learn's forest predicts a second on one core.

    python forest_rate.py --trees N --depth D --batch 10000 [--data CSV]

Trains on the wines, predicts the same batch again and again, and prints one JSON line with the
rows a second of the slowest, the middle and the fastest repetition.
"""

import argparse
import json
import statistics
import time

from sklearn.ensemble import RandomForestRegressor

from wine import FEATURES, OURS, TARGET, many, wines

# Shorter repetitions than this would measure the clock; a small batch is predicted several times.
LEAST_S = 0.2


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", default=OURS)
    options.add_argument("--trees", type=int, default=300)
    options.add_argument("--depth", type=int, default=None, help="no limit unless given")
    options.add_argument("--batch", type=int, default=10_000)
    options.add_argument("--repetitions", type=int, default=7)
    given = options.parse_args()

    rows = wines(given.data)
    # Plain numbers: a table's names would be compared at each call.
    features, target = rows[FEATURES].to_numpy(float), rows[TARGET].to_numpy(float)
    forest = RandomForestRegressor(
        n_estimators=given.trees, max_depth=given.depth, random_state=1, n_jobs=-1
    ).fit(features, target)
    forest.n_jobs = 1
    # In the numbers that trees compare with, else each call would convert the batch anew.
    batch = many(rows, given.batch)[FEATURES].to_numpy("float32")

    def seconds(n_calls):
        begun = time.perf_counter()
        for _ in range(n_calls):
            forest.predict(batch)
        return time.perf_counter() - begun

    seconds(1)
    n_calls = max(1, round(LEAST_S / seconds(1)))
    rates = [given.batch * n_calls / seconds(n_calls) for _ in range(given.repetitions)]
    figures = {
        "trees": given.trees,
        "depth": max(tree.get_depth() for tree in forest.estimators_),
        "nodes": sum(tree.tree_.node_count for tree in forest.estimators_),
        "batch": given.batch,
        "repetitions": given.repetitions,
        "rows_per_s_min": round(min(rates), 1),
        "rows_per_s_median": round(statistics.median(rates), 1),
        "rows_per_s_max": round(max(rates), 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
