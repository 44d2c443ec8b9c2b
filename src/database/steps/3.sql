-- From version 2 to 3: the places of sign-ins outlive their sessions.

CREATE TABLE known_places (
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place        BLOB    NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT;

CREATE INDEX known_places_by_time ON known_places (last_used_at);

INSERT INTO known_places (user_id, place, last_used_at)
    SELECT user_id, place, max(created_at) FROM sessions WHERE place IS NOT NULL
    GROUP BY user_id, place;

-- Letters that the eye takes for one another have one look now. Of two names that were told apart
-- before, the first keeps it; the other keeps its own, which no new name can have.
UPDATE OR IGNORE looks
    SET look = replace(replace(replace(look, '1', 'l'), 'i', 'l'), 'vv', 'w');
