-- From version 6 to 7: a moment of the ledger is found by halving its numbers, without an index.

DROP INDEX transactions_by_time;
