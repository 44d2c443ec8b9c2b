"""Predictions for credits as a Python engineer would build them: FastAPI, scikit-learn, SQLite.

    python metered_server.py --model FOLDER --port P --database FILE --key SECRET

POST /predict {"rows": [{"fixed acidity": 7.4, ...}]} with `Authorization: Bearer SECRET` answers
{"predictions": [...], "cost": n, "task_id": n} after the commit. Prints `ready` when it answers;
ends with SIGTERM, and when a pipe that is its standard input closes.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

import uvicorn

from lifetime import demand_free, say_ready, stop_with_parent
from metered_database import Database


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--database", type=Path, required=True)
    options.add_argument("--key", required=True)
    options.add_argument("--credits", type=int, default=1_000_000_000)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--threads", type=int, default=40, help="of the pool of each worker")
    options.add_argument("--predict", choices=["trees", "sklearn"], default="trees")
    given = options.parse_args()
    demand_free(given.port)
    Database(given.database).set_up(given.key, given.credits)
    os.environ |= {
        "PEER_MODEL": str(given.model),
        "PEER_PREDICT": given.predict,
        "PEER_DATABASE": str(given.database),
        "PEER_THREADS": str(given.threads),
    }
    # The server ends in its own order at SIGTERM, and then hands the signal on to this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    stop_with_parent()
    say_ready(f"http://127.0.0.1:{given.port}/ping")
    uvicorn.run(
        "metered_app:app",
        factory=True,
        host="127.0.0.1",
        port=given.port,
        workers=given.workers,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
