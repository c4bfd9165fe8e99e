-- Imports: rows that a later row of the same file says again, how an import ended, and where its rejected rows lie.
ALTER TABLE import ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN canceled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN rejects TEXT;
ALTER TABLE import ADD COLUMN undo_id INTEGER REFERENCES undo (id) ON DELETE SET NULL;
CREATE INDEX import_undo ON import (undo_id) WHERE undo_id IS NOT NULL;

-- A larger buffer before the search index writes a segment: an import of many people then merges few of them.
INSERT INTO contact_search (contact_search, rank) VALUES ('hashsize', 16777216);
