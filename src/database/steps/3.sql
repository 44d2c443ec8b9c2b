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
