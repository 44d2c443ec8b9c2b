"""The wines as every script here reads them, and as many more like them as are asked for."""

from pathlib import Path

import numpy as np
import pandas as pd

# The eleven measurements in the order of the file, each with what a request may say of it. The
# ranges are wider than any wine, and there to catch a slip of the pen.
RANGES = {
    "fixed acidity": (0.0, 30.0),
    "volatile acidity": (0.0, 5.0),
    "citric acid": (0.0, 5.0),
    "residual sugar": (0.0, 100.0),
    "chlorides": (0.0, 2.0),
    "free sulfur dioxide": (0.0, 500.0),
    "total sulfur dioxide": (0.0, 1000.0),
    "density": (0.9, 1.1),
    "pH": (2.0, 5.0),
    "sulphates": (0.0, 5.0),
    "alcohol": (5.0, 20.0),
}
FEATURES = list(RANGES)
TARGET = "quality"

# The copy that the project ships, for the scripts that can do without being told one.
OURS = Path(__file__).resolve().parents[2] / "data" / "winequality-red.csv"


def separator(path):
    """The file goes around with semicolons and with commas; its first line tells."""
    with open(path, encoding="utf-8") as file:
        head = file.readline()
    return ";" if head.count(";") > head.count(",") else ","


def wines(path):
    """Each wine once: a row that is there twice would be trained on twice."""
    return pd.read_csv(path, sep=separator(path)).drop_duplicates(ignore_index=True)


def many(rows, n, seed=1):
    """Draws `n` wines like those in `rows`: one of them with each measurement a little off.

    The noise keeps a batch from being 1,359 different rows over and over, which a processor's
    caches and branch predictor would learn by heart. Rounding keeps the file as short as a real
    one; clipping keeps every wine within what a request may say.
    """
    chance = np.random.default_rng(seed)
    real = rows[FEATURES].to_numpy(float)
    picks = chance.integers(len(rows), size=n)
    width = real.std(axis=0)
    drawn = real[picks]
    drawn += chance.standard_normal(drawn.shape) * (width * 0.05)
    low, high = np.array(list(RANGES.values())).T
    drawn = np.clip(drawn, low, high)
    # Density differs in the fourth place behind the point, everything else before it.
    places = [5 if name == "density" else 3 for name in FEATURES]
    columns = {name: np.round(drawn[:, i], places[i]) for i, name in enumerate(FEATURES)}
    return pd.DataFrame(columns | {TARGET: rows[TARGET].to_numpy()[picks]})
