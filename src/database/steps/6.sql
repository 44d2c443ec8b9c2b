-- From version 5 to 6: charges are not looked up by their kind, for nearly every entry is one.

DROP INDEX transactions_of_kind;
DROP INDEX transactions_by_kind;
CREATE INDEX transactions_of_kind ON transactions (user_id, kind, id) WHERE kind <> 'charge';
CREATE INDEX transactions_by_kind ON transactions (kind, id) WHERE kind <> 'charge';
