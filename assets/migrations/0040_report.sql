-- Reports ask when each contact got its statuses: without this they would read the whole history of everyone.
CREATE INDEX history_status ON history (contact_id, at) WHERE what = 'status';
