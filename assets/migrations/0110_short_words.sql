-- Words of one or two letters are found by the index, too: by the groups of three letters that begin with them, which the
-- index lists. What stands at the end of a text begins such groups because two blanks follow it there.
CREATE VIRTUAL TABLE contact_trigram USING fts5vocab (contact_search, instance);
CREATE VIRTUAL TABLE activity_trigram USING fts5vocab (activity_search, instance);

INSERT INTO contact_search (contact_search) VALUES ('delete-all');
INSERT INTO activity_search (activity_search) VALUES ('delete-all');

-- In the order of the index, as before.
INSERT INTO contact_search (rowid, text)
SELECT p.place, (SELECT t.text FROM contact_text t WHERE t.id = p.place & 4294967295) || '  '
FROM (SELECT place FROM contact_text ORDER BY place LIMIT -1) p;

INSERT INTO activity_search (rowid, text)
SELECT p.place,
    (SELECT t.text || coalesce(k.text, '')
     FROM activity_text t JOIN activity a ON a.id = t.id LEFT JOIN contact_text k ON k.id = a.contact_id
     WHERE t.id = p.place & 4294967295) || '  '
FROM (SELECT place FROM activity_text ORDER BY place LIMIT -1) p;

DROP TRIGGER contact_text_update;
CREATE TRIGGER contact_text_update AFTER UPDATE ON contact_text BEGIN
    DELETE FROM contact_search WHERE rowid = old.place;
    INSERT INTO contact_search (rowid, text) VALUES (new.place, new.text || '  ');
END;

DROP TRIGGER activity_text_insert;
CREATE TRIGGER activity_text_insert AFTER INSERT ON activity_text BEGIN
    INSERT INTO activity_search (rowid, text)
    SELECT new.place, new.text || coalesce(k.text, '') || '  '
    FROM activity a LEFT JOIN contact_text k ON k.id = a.contact_id WHERE a.id = new.id;
END;

DROP TRIGGER activity_text_update;
CREATE TRIGGER activity_text_update AFTER UPDATE ON activity_text BEGIN
    DELETE FROM activity_search WHERE rowid = old.place;
    INSERT INTO activity_search (rowid, text)
    SELECT new.place, new.text || coalesce(k.text, '') || '  '
    FROM activity a LEFT JOIN contact_text k ON k.id = a.contact_id WHERE a.id = new.id;
END;

-- Two triggers that migration 100 made in its first days: whoever writes new contacts indexes them.
DROP TRIGGER IF EXISTS contact_text_insert;
DROP TRIGGER IF EXISTS contact_text_known;

-- What the stream asks of the contacts of its rows, one by one: narrow enough to stay in memory.
CREATE INDEX contact_facts ON contact (id, status, owner_id);

-- Whether a contact has something unread, which few have; the columns of the condition keep SQLite from a look at the row.
CREATE INDEX activity_unread_contact ON activity (contact_id, unread, trashed_at) WHERE unread = 1 AND trashed_at IS NULL;
