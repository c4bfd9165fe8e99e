-- A key of the HTTP API may belong to a user, and then may do what they may; without one it acts as an administrator.
-- A key never outlives its user: it must not become an administrator's.
ALTER TABLE api_key ADD COLUMN user_id INTEGER REFERENCES user (id) ON DELETE CASCADE;
