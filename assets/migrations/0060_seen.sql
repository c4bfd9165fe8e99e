-- Links whose record holds other values than we last wrote there: few, and listed at once.
CREATE INDEX link_conflict ON link (entity, entity_id) WHERE seen ->> '$.conflicts' IS NOT NULL;
