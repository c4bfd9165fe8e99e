-- Indexes that hold what the common keys of a filter ask, and what the other order sorts by, so that rows are passed over
-- without a look at each.
DROP INDEX activity_updated;
CREATE INDEX activity_updated ON activity (updated_at, id, start_at, contact_id, user_id, state, kind, unread, trashed_at);
DROP INDEX activity_start;
CREATE INDEX activity_start ON activity (start_at, id, updated_at, contact_id, user_id, state, kind, unread, trashed_at)
    WHERE start_at IS NOT NULL;
DROP INDEX activity_contact;
CREATE INDEX activity_contact ON activity (contact_id, updated_at, id, start_at, user_id, state, kind, unread, trashed_at);
DROP INDEX activity_state;
CREATE INDEX activity_state ON activity (state, updated_at, id, start_at, contact_id, user_id, kind, unread, trashed_at);
DROP INDEX activity_user;
CREATE INDEX activity_user ON activity (user_id, updated_at, id, start_at, contact_id, state, kind, unread, trashed_at)
    WHERE user_id IS NOT NULL;
DROP INDEX activity_unread;
CREATE INDEX activity_unread ON activity (updated_at, id, start_at, contact_id, user_id, state, kind, trashed_at)
    WHERE unread = 1;
DROP INDEX activity_trashed;
CREATE INDEX activity_trashed ON activity (trashed_at, id, updated_at, start_at) WHERE trashed_at IS NOT NULL;

-- `recent_at` is made of two columns: with both, it is in the index.
DROP INDEX contact_created;
CREATE INDEX contact_created ON contact (created_at, id, interacted_at);
DROP INDEX contact_updated;
CREATE INDEX contact_updated ON contact (updated_at, id, created_at, interacted_at);
