"""Trains what the other side answers with: a forest, and for the batch a blend of three models too.

    python train.py --data winequality-red.csv --out FOLDER [--trees 300] [--depth N]

Leaves FOLDER/forest.joblib, FOLDER/blend.joblib and FOLDER/mlflow_model, and prints one JSON line
of what it made.
"""

import argparse
import json
import os
import shutil
import time
from pathlib import Path

# MLflow reports to its makers unless told not to. Here nothing leaves the machine.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"

import joblib
import mlflow.sklearn
import sklearn
from mlflow.models import infer_signature
from sklearn.ensemble import RandomForestRegressor, VotingRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from wine import FEATURES, OURS, TARGET, wines


def blend_with(forest):
    """The three kinds of model that Cellar's own blend has, with about as much to remember."""
    machine = SVR(C=1.0, epsilon=0.2, gamma=1 / 32)
    # The trees of neighbours that scikit-learn would choose are slower with so many columns.
    neighbours = KNeighborsRegressor(80, weights="distance", algorithm="brute")
    return VotingRegressor(
        [
            ("forest", forest),
            ("machine", make_pipeline(StandardScaler(), machine)),
            ("neighbours", make_pipeline(StandardScaler(), neighbours)),
        ]
    )


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", default=OURS)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--trees", type=int, default=300)
    options.add_argument("--depth", type=int, default=None, help="no limit unless given")
    given = options.parse_args()

    rows = wines(given.data)
    # Whole columns of integers would make integers of the signature, and refuse 12.5 later.
    features, target = rows[FEATURES].astype(float), rows[TARGET].astype(float)
    begun = time.perf_counter()
    forest = RandomForestRegressor(
        n_estimators=given.trees, max_depth=given.depth, random_state=1, n_jobs=-1
    ).fit(features, target)
    blend = blend_with(forest).fit(features, target)
    train_s = time.perf_counter() - begun
    # Grown on every core, but it answers on one: a server's cores are for other requests, and a
    # pool of threads for a single row costs more than it brings.
    forest.n_jobs = 1
    blend.named_estimators_["forest"].n_jobs = 1

    begun = time.perf_counter()
    given.out.mkdir(parents=True, exist_ok=True)
    joblib.dump(forest, given.out / "forest.joblib")
    joblib.dump(blend, given.out / "blend.joblib")
    # MLflow writes into no folder that is there already.
    shutil.rmtree(given.out / "mlflow_model", ignore_errors=True)
    mlflow.sklearn.save_model(
        forest,
        given.out / "mlflow_model",
        # MLflow's own format does not trust a file of trees, whose numbers could lead scikit-learn
        # astray. This one was grown a moment ago, so exactly that type is trusted.
        skops_trusted_types=["sklearn.tree._tree.Tree"],
        signature=infer_signature(features, forest.predict(features)),
        # Else MLflow loads the model in another process to find out what it needs.
        pip_requirements=[f"mlflow=={mlflow.__version__}", f"scikit-learn=={sklearn.__version__}"],
    )
    made = {
        "rows": len(rows),
        "trees": given.trees,
        "depth": max(tree.get_depth() for tree in forest.estimators_),
        "nodes": sum(tree.tree_.node_count for tree in forest.estimators_),
        "train_s": round(train_s, 3),
        "save_s": round(time.perf_counter() - begun, 3),
        "forest_mb": round((given.out / "forest.joblib").stat().st_size / 1e6, 1),
    }
    print(json.dumps(made))


if __name__ == "__main__":
    main()
