"""Predicts a whole CSV, as a script around pandas and scikit-learn does.

    python batch.py --model FOLDER --in rows.csv --out out.csv [--predictor forest|blend]
                    [--jobs N] [--rejected FILE]

Writes every column of the rows that can be predicted, and the prediction. The others go to FILE
(out.csv.rejected.csv unless given) with the line they stood on. Prints one JSON line.
"""

import time

# Before the imports: loading pandas and scikit-learn is a part of what such a script takes.
BEGUN = time.perf_counter()

import argparse
import json
import resource
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

# Or joblib would, and the time would count as loading the model.
import sklearn.ensemble  # noqa: F401
import sklearn.neighbors  # noqa: F401
import sklearn.svm  # noqa: F401

from wine import FEATURES, separator


def peak_rss_mb():
    """The most memory that this program has had.

    What `getrusage` says can be left over from whoever started it, so the kernel's own figure of
    this program comes first.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read(path):
    """The table, and for each row what it lacks: an empty text where it lacks nothing."""
    # An empty line is a row that lacks everything; skipped, it would shift the lines after it.
    table = pd.read_csv(path, sep=separator(path), skip_blank_lines=False)
    if absent := [name for name in FEATURES if name not in table]:
        raise SystemExit(f"{path} has no column {', '.join(absent)}")
    lacking = pd.Series("", index=table.index)
    for name in FEATURES:
        # A column of numbers alone was read as numbers. One with a word in it is all text.
        numbers = pd.to_numeric(table[name], errors="coerce").astype(float)
        is_bad = ~np.isfinite(numbers)
        if is_bad.any():
            lacking[is_bad] += f"{name} is not a number; "
    return table, lacking


def predict(model, rows, n_threads):
    """Each thread takes its share of the rows: not every model of scikit-learn knows threads."""
    size = max(1, -(-len(rows) // n_threads))
    shares = [rows.iloc[first : first + size] for first in range(0, len(rows), size)]
    work = (joblib.delayed(model.predict)(share) for share in shares)
    return np.concatenate(joblib.Parallel(n_jobs=n_threads, prefer="threads")(work))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--predictor", choices=["forest", "blend"], default="forest")
    options.add_argument("--in", dest="source", required=True)
    options.add_argument("--out", required=True)
    options.add_argument("--rejected")
    options.add_argument("--jobs", type=int, default=1, help="threads that predict")
    given = options.parse_args()

    loading = time.perf_counter()
    model = joblib.load(given.model / f"{given.predictor}.joblib")

    reading = time.perf_counter()
    table, lacking = read(given.source)
    good, bad = table[lacking == ""], table[lacking != ""]
    del table

    predicting = time.perf_counter()
    # A column with a word somewhere is text, also where the words are gone.
    predictions = predict(model, good[FEATURES].astype(float), given.jobs) if len(good) else []

    writing = time.perf_counter()
    good.assign(prediction=predictions).to_csv(given.out, index=False)
    if len(bad):
        # The header is line 1.
        lines, why = bad.index + 2, lacking[bad.index].str.removesuffix("; ")
        rejected = bad.assign(line=lines, why=why)
        rejected.to_csv(given.rejected or f"{given.out}.rejected.csv", index=False)
    ended = time.perf_counter()

    figures = {
        "rows": len(good),
        "rejected": len(bad),
        "jobs": given.jobs,
        "start_s": loading - BEGUN,
        "load_s": reading - loading,
        "read_s": predicting - reading,
        "predict_s": writing - predicting,
        "write_s": ended - writing,
        "total_s": ended - BEGUN,
        "peak_rss_mb": peak_rss_mb(),
    }
    print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))


if __name__ == "__main__":
    main()
