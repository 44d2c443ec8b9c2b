"""The SQLite file of metered_server.py: keys, credits, and what they were spent on."""

import sqlite3
import threading
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import time

SCHEMA = Path(__file__).with_name("metered.sql")


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
            # A file that is there already keeps its balance, which its ledger accounts for.
            connection.execute("INSERT OR IGNORE INTO users VALUES (1, ?)", [credits])
            hashed = sha256(secret.encode()).digest()
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, 1)", [hashed])
        self.connection.close()
