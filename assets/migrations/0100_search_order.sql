-- The search index in the order of the lists: the rows that hold some words are met newest first, and a page of them takes
-- no longer than its rows. And activities are found by the texts of their contacts in the same index: for words of which
-- one is in the activity's text and the other in the contact's.
--
-- A text has a place in the index, which is its row number there: almost five hours of `recent_at` or `updated_at`, then the
-- number of the contact or activity. Within those hours places are in no order that means anything.
CREATE TABLE contact_text (
    id    INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,                     -- (recent_at >> 24) << 32 | id
    text  TEXT NOT NULL                         -- folded, led by a blank
) STRICT;

CREATE TABLE activity_text (
    id    INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,                     -- (updated_at >> 24) << 32 | id
    text  TEXT NOT NULL
) STRICT;

INSERT INTO contact_text (id, place, text)
SELECT c.id, (c.recent_at >> 24) << 32 | c.id, s.c0 FROM contact_search_content s JOIN contact c ON c.id = s.id;

INSERT INTO activity_text (id, place, text)
SELECT a.id, (a.updated_at >> 24) << 32 | a.id, s.c0 FROM activity_search_content s JOIN activity a ON a.id = s.id;

DROP TABLE contact_search;
DROP TABLE activity_search;

-- The texts themselves are not kept again, and `detail = none` halves the index: it tells which texts may hold a word, and
-- the texts tell which do.
CREATE VIRTUAL TABLE contact_search
USING fts5 (text, tokenize = 'trigram', detail = none, content = '', contentless_delete = 1);
CREATE VIRTUAL TABLE activity_search
USING fts5 (text, tokenize = 'trigram', detail = none, content = '', contentless_delete = 1);

-- A larger buffer before a segment is written: an import of many people then merges few of them.
INSERT INTO contact_search (contact_search, rank) VALUES ('hashsize', 16777216);
INSERT INTO activity_search (activity_search, rank) VALUES ('hashsize', 16777216);

-- In the order of the index, or each would be a segment of its own. Only numbers are sorted: the texts of millions would
-- not go into the memory.
INSERT INTO contact_search (rowid, text)
SELECT p.place, (SELECT t.text FROM contact_text t WHERE t.id = p.place & 4294967295)
FROM (SELECT place FROM contact_text ORDER BY place LIMIT -1) p;

INSERT INTO activity_search (rowid, text)
SELECT p.place,
    (SELECT t.text || coalesce(k.text, '')
     FROM activity_text t JOIN activity a ON a.id = t.id LEFT JOIN contact_text k ON k.id = a.contact_id
     WHERE t.id = p.place & 4294967295)
FROM (SELECT place FROM activity_text ORDER BY place LIMIT -1) p;

-- Whose contacts of a status: both are often asked together.
DROP INDEX contact_status;
CREATE INDEX contact_status ON contact (status, recent_at, id, owner_id);
DROP INDEX contact_owner;
CREATE INDEX contact_owner ON contact (owner_id, recent_at, id, status) WHERE owner_id IS NOT NULL;

-- Whoever changes a text, or moves its row, moves it in the index: no writer has to think of it. Only new texts of contacts
-- are indexed by who writes them, because an import writes a million at a time. (No OR REPLACE: it would be overruled by the
-- OR IGNORE of a statement that fires a trigger.)
CREATE TRIGGER contact_text_update AFTER UPDATE ON contact_text BEGIN
    DELETE FROM contact_search WHERE rowid = old.place;
    INSERT INTO contact_search (rowid, text) VALUES (new.place, new.text);
END;

CREATE TRIGGER contact_text_delete AFTER DELETE ON contact_text BEGIN
    DELETE FROM contact_search WHERE rowid = old.place;
END;

CREATE TRIGGER contact_text_move AFTER UPDATE OF interacted_at, created_at ON contact
WHEN coalesce(old.interacted_at, old.created_at) >> 24 <> coalesce(new.interacted_at, new.created_at) >> 24 BEGIN
    UPDATE contact_text SET place = (coalesce(new.interacted_at, new.created_at) >> 24) << 32 | id WHERE id = new.id;
END;

CREATE TRIGGER contact_text_gone AFTER DELETE ON contact BEGIN
    DELETE FROM contact_text WHERE id = old.id;
END;

CREATE TRIGGER activity_text_insert AFTER INSERT ON activity_text BEGIN
    INSERT INTO activity_search (rowid, text)
    SELECT new.place, new.text || coalesce(k.text, '')
    FROM activity a LEFT JOIN contact_text k ON k.id = a.contact_id WHERE a.id = new.id;
END;

CREATE TRIGGER activity_text_update AFTER UPDATE ON activity_text BEGIN
    DELETE FROM activity_search WHERE rowid = old.place;
    INSERT INTO activity_search (rowid, text)
    SELECT new.place, new.text || coalesce(k.text, '')
    FROM activity a LEFT JOIN contact_text k ON k.id = a.contact_id WHERE a.id = new.id;
END;

CREATE TRIGGER activity_text_delete AFTER DELETE ON activity_text BEGIN
    DELETE FROM activity_search WHERE rowid = old.place;
END;

CREATE TRIGGER activity_text_move AFTER UPDATE OF updated_at ON activity
WHEN old.updated_at >> 24 <> new.updated_at >> 24 BEGIN
    UPDATE activity_text SET place = (new.updated_at >> 24) << 32 | id WHERE id = new.id;
END;

CREATE TRIGGER activity_text_gone AFTER DELETE ON activity BEGIN
    DELETE FROM activity_text WHERE id = old.id;
END;

-- What is written anew as it stands is indexed anew: with the contact's text of now.
CREATE TRIGGER activity_text_person AFTER UPDATE OF contact_id ON activity
WHEN old.contact_id IS NOT new.contact_id BEGIN
    UPDATE activity_text SET text = text WHERE id = new.id;
END;

CREATE TRIGGER contact_text_spread AFTER UPDATE OF text ON contact_text WHEN old.text <> new.text BEGIN
    UPDATE activity_text SET text = text WHERE id IN (SELECT a.id FROM activity a WHERE a.contact_id = new.id);
END;
