-- One log of what can be taken back, in parts: a change of many contacts is written a chunk at a time.
ALTER TABLE undo ADD COLUMN note TEXT;          -- what of it can't be taken back, in words

CREATE TABLE undo_part (
    undo_id   INTEGER NOT NULL REFERENCES undo (id) ON DELETE CASCADE,
    part      INTEGER NOT NULL,
    change    TEXT NOT NULL,                    -- JSON array of steps
    undone_at INTEGER,                          -- so that a long undo can go on where it stopped
    PRIMARY KEY (undo_id, part)
) STRICT;

CREATE INDEX undo_actor ON undo (actor, id);
CREATE INDEX undo_at ON undo (at);

-- Looking for possible duplicates: the same number on two contacts.
CREATE INDEX contact_phone ON contact (phone) WHERE phone IS NOT NULL;

-- A role that was set here counts over the configuration's; users who were only heard of have none.
ALTER TABLE user ADD COLUMN role_set INTEGER NOT NULL DEFAULT 0;
CREATE INDEX user_team ON user (team_id) WHERE team_id IS NOT NULL;
