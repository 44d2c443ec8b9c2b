"""Predictions for credits as a Python engineer would build them: FastAPI, scikit-learn, SQLite.

    python metered_server.py --model FOLDER --port P --database FILE --key SECRET

POST /predict {"rows": [{"fixed acidity": 7.4, ...}]} with `Authorization: Bearer SECRET` answers
{"predictions": [...], "cost": n, "task_id": n} after the commit. Prints `ready` when it answers;
ends with SIGTERM, and when a pipe that is its standard input closes.
"""

import argparse
import os
import sqlite3
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha256
from json import dumps
from pathlib import Path
from time import time
from typing import Annotated

import anyio.to_thread
import joblib
import numpy as np
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from lifetime import demand_free, die_with_parent, say_ready, stop_with_parent
from wine import RANGES

SCHEMA = Path(__file__).with_name("metered.sql")
CREDITS_PER_ROW = 1


def measurement(low, high):
    # Strict, or `true` and "7.4" would pass for numbers.
    return Annotated[float, Field(strict=True, ge=low, le=high, allow_inf_nan=False)]


# A dictionary that is checked costs less than an object, and has the names of the file as keys.
Row = with_config(ConfigDict(extra="forbid"))(
    TypedDict("Row", {name: measurement(*ends) for name, ends in RANGES.items()})
)


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rows: list[Row] = Field(min_length=1, max_length=1000)


class Answer(BaseModel):
    predictions: list[float]
    cost: int
    task_id: int


class Forest:
    """What predicts, in one of two ways that give the same numbers to the last bit."""

    def __init__(self, folder, way):
        self.forest = joblib.load(folder / "forest.joblib")
        # It was trained on a table with names. Rows come as plain numbers in the same order, which
        # would be warned of at each request.
        del self.forest.feature_names_in_
        self.trees = [tree.tree_ for tree in self.forest.estimators_]
        self.predict = self.by_tree if way == "trees" else self.forest.predict

    def by_tree(self, rows):
        """`predict` without its threads, locks and checks: for one row they are nearly all of it.

        The checks are done: each number was found finite and in its range.
        """
        rows = rows.astype(np.float32)
        total = np.zeros(len(rows))
        for tree in self.trees:
            total += tree.predict(rows)[:, 0]
        return total / len(self.trees)


class Database:
    """One connection per thread; one writer at a time."""

    def __init__(self, path):
        self.path = path
        self.local = threading.local()
        # SQLite lets one write anyway, and has the others sleep and try again. A lock wakes the
        # next at once; the busy timeout is for other processes.
        self.writing = threading.Lock()

    @property
    def connection(self):
        if (found := getattr(self.local, "connection", None)) is None:
            found = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA foreign_keys = ON")
            self.local.connection = found
        return found

    @contextmanager
    def transaction(self):
        connection = self.connection
        with self.writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def owner(self, secret):
        """Whose key it is, and what they have; None for nobody's."""
        hashed = sha256(secret.encode()).digest()
        return self.connection.execute(
            "SELECT users.id, users.balance FROM keys JOIN users ON users.id = keys.user_id"
            " WHERE keys.secret_hash = ?",
            [hashed],
        ).fetchone()

    def charge(self, user, cost, asked, answered):
        """Takes the credits and writes down what for, or nothing at all: None if they lack."""
        now = int(time() * 1000)
        with self.transaction() as connection:
            left = connection.execute(
                "UPDATE users SET balance = balance - ?1 WHERE id = ?2 AND balance >= ?1"
                " RETURNING balance",
                [cost, user],
            ).fetchall()
            if not left:
                return None
            task = connection.execute(
                "INSERT INTO tasks (user_id, input, output, cost, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [user, asked, answered, cost, now],
            ).lastrowid
            connection.execute(
                "INSERT INTO ledger (user_id, task_id, amount, balance, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [user, task, -cost, left[0][0], now],
            )
            return task

    def set_up(self, secret, credits):
        """The tables, and the one user whose key is given."""
        self.connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        with self.transaction() as connection:
            user = "INSERT INTO users (id, balance) VALUES (1, ?)"
            user += " ON CONFLICT DO UPDATE SET balance = excluded.balance"
            connection.execute(user, [credits])
            hashed = sha256(secret.encode()).digest()
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, 1)", [hashed])
        self.connection.close()


def app():
    """What each worker runs. Settings come by the environment: a worker is a process of its own."""
    die_with_parent()
    settings = os.environ
    forest = Forest(Path(settings["PEER_MODEL"]), settings["PEER_PREDICT"])
    database = Database(settings["PEER_DATABASE"])
    predicting = threading.Lock()
    bearer = HTTPBearer()
    if os.environ.get("PEER_SWITCH"): sys.setswitchinterval(float(os.environ["PEER_SWITCH"]))

    @asynccontextmanager
    async def lifespan(_):
        anyio.to_thread.current_default_thread_limiter().total_tokens = int(settings["PEER_THREADS"])
        yield

    service = FastAPI(lifespan=lifespan)

    @service.get("/ping")
    async def ping():
        return "pong"

    # Not `async`: it computes and waits for the disk, which belongs in the pool of threads.
    @service.post("/predict", response_model=Answer)
    def predict(order: Order, caller: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]):
        if (owner := database.owner(caller.credentials)) is None:
            raise HTTPException(401, "no such key", {"WWW-Authenticate": "Bearer"})
        user, balance = owner
        cost = CREDITS_PER_ROW * len(order.rows)
        # Nothing is computed for somebody who could not pay; what counts is the guard in `charge`.
        if balance < cost:
            raise HTTPException(402, "not enough credits")
        rows = np.array([[row[name] for name in RANGES] for row in order.rows])
        if os.environ.get("PEER_LOCK") == "1":
            with predicting:
                predictions = forest.predict(rows).tolist()
        else:
            predictions = forest.predict(rows).tolist()
        task = database.charge(user, cost, dumps(order.rows), dumps(predictions))
        if task is None:
            raise HTTPException(402, "not enough credits")
        # Written as it is: checking our own numbers again would only take time.
        answer = dumps({"predictions": predictions, "cost": cost, "task_id": task})
        return Response(answer, media_type="application/json")

    return service


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
    stop_with_parent()
    say_ready(f"http://127.0.0.1:{given.port}/ping")
    uvicorn.run(
        "metered_server:app",
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
