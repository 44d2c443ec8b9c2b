-- From version 4 to 5: tasks are found by what paid for them, and by why they failed.

-- Which task an entry of the ledger was made for is asked whenever the ledger is listed.
CREATE INDEX ml_tasks_of_transaction ON ml_tasks (transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX ml_tasks_of_hold ON ml_tasks (hold_id) WHERE hold_id IS NOT NULL;
-- Errors are few, and searched for words.
CREATE INDEX ml_tasks_of_error ON ml_tasks (user_id, id) WHERE error IS NOT NULL;
