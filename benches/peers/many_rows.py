"""Writes a big CSV of wines like the real ones: the same file for the same seed.

    python many_rows.py --data winequality-red.csv --rows 1000000 --out rows.csv

Prints one JSON line.
"""

import argparse
import json
import time

from wine import OURS, many, wines

# So many rows are written at a time, to write a file of any size with little memory.
PIECE = 250_000


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", default=OURS)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--out", required=True)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    begun = time.perf_counter()
    rows = wines(given.data)
    with open(given.out, "w", encoding="utf-8", newline="") as file:
        for first in range(0, max(given.rows, 1), PIECE):
            # A seed of its own for each piece; a list of numbers is a seed too.
            piece = many(rows, min(PIECE, given.rows - first), [given.seed, first])
            piece.to_csv(file, index=False, header=first == 0)
    seconds = time.perf_counter() - begun
    print(json.dumps({"rows": given.rows, "total_s": round(seconds, 3)}))


if __name__ == "__main__":
    main()
