-- From version 3 to 4: what a deleted task referred to goes with it.

-- Whether a task still needs a content is asked when another one is deleted.
CREATE INDEX ml_tasks_of_input ON ml_tasks (input_hash) WHERE input_hash IS NOT NULL;
CREATE INDEX ml_tasks_of_output ON ml_tasks (output_hash) WHERE output_hash IS NOT NULL;
CREATE INDEX ml_tasks_of_faults ON ml_tasks (faults_hash) WHERE faults_hash IS NOT NULL;

-- Contents of tasks that were deleted before were kept for ever; they have had their grace.
ALTER TABLE blobs ADD COLUMN unused_since INTEGER;

UPDATE blobs SET unused_since = created_at
    WHERE NOT EXISTS (SELECT 1 FROM ml_tasks WHERE input_hash = blobs.hash)
      AND NOT EXISTS (SELECT 1 FROM ml_tasks WHERE output_hash = blobs.hash)
      AND NOT EXISTS (SELECT 1 FROM ml_tasks WHERE faults_hash = blobs.hash);

CREATE INDEX blobs_unused ON blobs (unused_since) WHERE unused_since IS NOT NULL;

CREATE INDEX replies_of_location ON replies (location);
