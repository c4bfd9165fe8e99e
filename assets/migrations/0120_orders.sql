-- Pages in the order of names, and of starts, without a look at each row.

-- What the common keys ask of a contact, where they are walked through by name.
DROP INDEX contact_name;
CREATE INDEX contact_name ON contact (name_key, id, interacted_at, created_at, updated_at, status, owner_id);

-- What few activities are, in the orders of the stream: they are neither looked for among the others, nor collected for
-- each page.
CREATE INDEX activity_trashed_updated ON activity (updated_at, id, start_at, contact_id, user_id, state, kind, unread, trashed_at)
    WHERE trashed_at IS NOT NULL;
CREATE INDEX activity_unread_start ON activity (start_at, id, updated_at, contact_id, user_id, state, kind, trashed_at)
    WHERE unread = 1 AND start_at IS NOT NULL;
CREATE INDEX activity_trashed_start ON activity (start_at, id, updated_at, contact_id, user_id, state, kind, unread, trashed_at)
    WHERE trashed_at IS NOT NULL AND start_at IS NOT NULL;

-- When something came in: on the stream, that was asked of one row after the other.
CREATE INDEX activity_created ON activity (created_at, id, updated_at, start_at, contact_id, user_id, state, kind, unread, trashed_at);

-- Contacts of an owner with a status, who are collected where the stream asks for them: by their numbers, as a list of
-- them is kept.
CREATE INDEX contact_people ON contact (owner_id, status, id) WHERE owner_id IS NOT NULL;
