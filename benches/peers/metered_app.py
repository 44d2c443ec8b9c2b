"""The service of metered_server.py, as each of its workers runs it."""

import multiprocessing
import os
import threading
from contextlib import asynccontextmanager
from json import dumps
from pathlib import Path
from typing import Annotated

import anyio.to_thread
import joblib
import numpy as np
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from lifetime import die_with_parent
from metered_database import Database
from wine import RANGES

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


def app():
    """What each worker runs. Settings come by the environment: a worker is a process of its own."""
    # One of several workers must not outlive their keeper, however that ends. A single one is the
    # process that was started, and whoever started it may leave it running.
    if multiprocessing.parent_process():
        die_with_parent()
    settings = os.environ
    forest = Forest(Path(settings["PEER_MODEL"]), settings["PEER_PREDICT"])
    database = Database(settings["PEER_DATABASE"])
    # Each tree lets go of Python's own lock and takes it again. Forests of several threads would
    # wait for each other at every tree, which took twice as long as one after the other.
    predicting = threading.Lock()
    bearer = HTTPBearer()

    @asynccontextmanager
    async def lifespan(_):
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = int(settings["PEER_THREADS"])
        yield

    service = FastAPI(lifespan=lifespan)

    @service.exception_handler(RequestValidationError)
    async def refuse(_, error):
        # FastAPI's own answer repeats what came, and fails where that is not a number.
        faults = [{k: fault[k] for k in ("type", "loc", "msg")} for fault in error.errors()]
        return JSONResponse({"detail": faults}, 422)

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
        with predicting:
            predictions = forest.predict(rows).tolist()
        task = database.charge(user, cost, dumps(order.rows), dumps(predictions))
        if task is None:
            raise HTTPException(402, "not enough credits")
        # Written as it is: checking our own numbers again would only take time.
        answer = dumps({"predictions": predictions, "cost": cost, "task_id": task})
        return Response(answer, media_type="application/json")

    return service
