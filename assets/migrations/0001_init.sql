-- The store of rolodeck. Times are milliseconds since 1970-01-01 UTC. Text that names a kind, state or
-- status is the word itself, so that `sqlite3 rolodeck.db` is readable without the program.
-- Sized for 1,000,000 contacts and 5,000,000 activities: every list has an index (sort key, id) to page by.

-- ---------------------------------------------------------------------------------------------- people who work
CREATE TABLE team (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    external_id TEXT UNIQUE                     -- OnceHub: TM-…
) STRICT;

CREATE TABLE user (
    id          INTEGER PRIMARY KEY,
    email       TEXT UNIQUE,                    -- case-folded; unknown while only an id was seen
    name        TEXT,
    role        TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('administrator', 'team_manager', 'member')),
    team_id     INTEGER REFERENCES team (id) ON DELETE SET NULL,
    external_id TEXT UNIQUE,                    -- OnceHub: USR-…
    time_zone   TEXT,
    active      INTEGER NOT NULL DEFAULT 1
) STRICT;

-- ---------------------------------------------------------------------------------------------- contacts
CREATE TABLE contact (
    id               INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: Salesforce may hold it
    email            TEXT,                      -- trimmed, case-folded: the first identifier
    mobile_phone     TEXT,                      -- E.164: the second identifier
    phone            TEXT,                      -- E.164 if it parses; identifies nobody
    first_name       TEXT,
    last_name        TEXT,
    salutation       TEXT,
    company          TEXT,
    job_title        TEXT,
    company_size     TEXT,
    employees        INTEGER,
    street_address   TEXT,
    city             TEXT,
    state            TEXT,
    post_code        TEXT,
    country          TEXT,
    time_zone        TEXT,                      -- IANA name, of the last interaction
    has_consent      INTEGER,
    terms_of_service INTEGER,
    bot              TEXT,
    form             TEXT,
    custom           TEXT,                      -- JSON object: custom field name -> value
    status           TEXT CHECK (status IN ('qualified', 'marketing_qualified', 'sales_qualified', 'disqualified')),
    owner_id         INTEGER REFERENCES user (id) ON DELETE SET NULL,
    source           TEXT NOT NULL,             -- calcom, oncehub, import, api, manual
    name_key         TEXT NOT NULL,             -- folded "last first", or company or email: the sort by name
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    interacted_at    INTEGER,                   -- last activity of the person; null for imported people
    recent_at        INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(interacted_at, created_at)) VIRTUAL
) STRICT;

CREATE UNIQUE INDEX contact_email ON contact (email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX contact_mobile ON contact (mobile_phone) WHERE mobile_phone IS NOT NULL;
CREATE INDEX contact_recent ON contact (recent_at, id);
CREATE INDEX contact_name ON contact (name_key, id);
CREATE INDEX contact_created ON contact (created_at, id);
CREATE INDEX contact_updated ON contact (updated_at, id);
CREATE INDEX contact_status ON contact (status, recent_at, id);
CREATE INDEX contact_owner ON contact (owner_id, recent_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX contact_company ON contact (company COLLATE NOCASE, id) WHERE company IS NOT NULL;

-- How many contacts have each status; '' is none. Kept by triggers, so that no screen ever counts a million rows.
CREATE TABLE contact_count (
    status TEXT PRIMARY KEY,
    n      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO contact_count (status, n)
VALUES ('', 0), ('qualified', 0), ('marketing_qualified', 0), ('sales_qualified', 0), ('disqualified', 0);

CREATE TRIGGER contact_count_insert AFTER INSERT ON contact BEGIN
    UPDATE contact_count SET n = n + 1 WHERE status = coalesce(new.status, '');
END;

CREATE TRIGGER contact_count_delete AFTER DELETE ON contact BEGIN
    UPDATE contact_count SET n = n - 1 WHERE status = coalesce(old.status, '');
END;

CREATE TRIGGER contact_count_update AFTER UPDATE OF status ON contact WHEN old.status IS NOT new.status BEGIN
    UPDATE contact_count SET n = n - 1 WHERE status = coalesce(old.status, '');
    UPDATE contact_count SET n = n + 1 WHERE status = coalesce(new.status, '');
END;

-- Everything of a contact that people search for, folded (lower case, no accents) and led by a blank.
-- `detail = none` halves the index; the text itself is kept for the check of adjacency.
CREATE VIRTUAL TABLE contact_search USING fts5 (text, tokenize = 'trigram', detail = none, columnsize = 0);

CREATE TABLE custom_field (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE COLLATE NOCASE, -- identifier: API, filters, templates
    label       TEXT NOT NULL,
    kind        TEXT NOT NULL,                  -- text_short, text_long, number, date, time, datetime, phone, picklist, multi_picklist, checkbox
    options     TEXT,                           -- JSON array of the values of a picklist
    archived_at INTEGER
) STRICT;

-- ---------------------------------------------------------------------------------------------- activities
CREATE TABLE activity (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    kind               TEXT NOT NULL CHECK (kind IN ('booking', 'conversation', 'form')),
    state              TEXT NOT NULL CHECK (state IN ('requested', 'scheduled', 'rescheduled', 'completed', 'canceled', 'no_show',
                                                      'started', 'closed', 'abandoned', 'submitted')),
    source             TEXT NOT NULL,           -- calcom, oncehub
    external_id        TEXT NOT NULL,           -- the id that the source uses now; older ones are in activity_key
    contact_id         INTEGER REFERENCES contact (id) ON DELETE SET NULL, -- null: contact deleted
    person_name        TEXT,                    -- as captured, whatever becomes of the contact
    person_email       TEXT,
    person_phone       TEXT,
    subject            TEXT,
    start_at           INTEGER,
    end_at             INTEGER,
    customer_time_zone TEXT,
    user_id            INTEGER REFERENCES user (id) ON DELETE SET NULL, -- host or assigned user
    event_type         TEXT,
    page               TEXT,
    bot                TEXT,
    form               TEXT,
    location           TEXT,
    utm_source         TEXT,
    utm_medium         TEXT,
    utm_campaign       TEXT,
    utm_term           TEXT,
    utm_content        TEXT,
    reason             TEXT,                    -- of a cancellation or reschedule
    reason_by          TEXT,
    detail             TEXT NOT NULL,           -- JSON: attendees, answers, notes, addresses, previous times
    related_id         INTEGER REFERENCES activity (id) ON DELETE SET NULL, -- the other half of cancelled and rebooked
    test               INTEGER NOT NULL DEFAULT 0,
    unread             INTEGER NOT NULL DEFAULT 1,
    trashed_at         INTEGER,
    source_at          INTEGER NOT NULL,        -- the payload's own time: the newer one wins
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
) STRICT;

CREATE INDEX activity_updated ON activity (updated_at, id);
CREATE INDEX activity_start ON activity (start_at, id) WHERE start_at IS NOT NULL;
CREATE INDEX activity_contact ON activity (contact_id, updated_at, id);
CREATE INDEX activity_kind ON activity (kind, updated_at, id);
CREATE INDEX activity_state ON activity (state, updated_at, id);
CREATE INDEX activity_user ON activity (user_id, updated_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX activity_unread ON activity (updated_at, id) WHERE unread = 1;
CREATE INDEX activity_trashed ON activity (trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX activity_open ON activity (end_at) WHERE state IN ('scheduled', 'rescheduled'); -- completed by the clock
CREATE INDEX activity_talk ON activity (updated_at) WHERE state = 'started';                 -- abandoned by the clock

-- Every id under which a source has spoken of an activity: Cal.com gives a rescheduled booking a new uid.
CREATE TABLE activity_key (
    source      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    activity_id INTEGER NOT NULL REFERENCES activity (id) ON DELETE CASCADE,
    PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX activity_key_activity ON activity_key (activity_id);

CREATE VIRTUAL TABLE activity_search USING fts5 (text, tokenize = 'trigram', detail = none, columnsize = 0);

CREATE TABLE page_view (
    id         INTEGER PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    url        TEXT NOT NULL,
    title      TEXT,
    seconds    INTEGER,
    at         INTEGER NOT NULL
) STRICT;

CREATE INDEX page_view_contact ON page_view (contact_id, at);

-- Every payload as it came in: nothing a source sent is dropped, and nothing is applied twice.
CREATE TABLE delivery (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source      TEXT NOT NULL,
    key         TEXT NOT NULL,                  -- the source's event id, or a hash of the body
    type        TEXT NOT NULL,                  -- the source's own word for the event
    received_at INTEGER NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('applied', 'unknown')),
    activity_id INTEGER REFERENCES activity (id) ON DELETE SET NULL,
    contact_id  INTEGER REFERENCES contact (id) ON DELETE SET NULL,
    payload     TEXT NOT NULL,
    UNIQUE (source, key)
) STRICT;

CREATE INDEX delivery_activity ON delivery (activity_id) WHERE activity_id IS NOT NULL;
CREATE INDEX delivery_contact ON delivery (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX delivery_unknown ON delivery (received_at) WHERE outcome = 'unknown';

-- ---------------------------------------------------------------------------------------------- what happened
CREATE TABLE history (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,                  -- an email, or: calcom, oncehub, import, salesforce, clock
    contact_id  INTEGER REFERENCES contact (id) ON DELETE SET NULL,
    activity_id INTEGER REFERENCES activity (id) ON DELETE SET NULL,
    what        TEXT NOT NULL,                  -- created, field, status, owner, state, merged, deleted, synced, ...
    data        TEXT NOT NULL                   -- JSON: field, from, to, and what else `what` needs
) STRICT;

CREATE INDEX history_contact ON history (contact_id, at) WHERE contact_id IS NOT NULL;
CREATE INDEX history_activity ON history (activity_id, at) WHERE activity_id IS NOT NULL;

CREATE TABLE undo (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    label     TEXT NOT NULL,                    -- what people read: "status of 3 contacts"
    change    TEXT NOT NULL,                    -- JSON: what it was and what it became
    undone_at INTEGER
) STRICT;

-- Two contacts that may be one person; or one contact and an address or number that came with it but was not taken over.
CREATE TABLE possible_duplicate (
    id     INTEGER PRIMARY KEY,
    a      INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    b      INTEGER REFERENCES contact (id) ON DELETE CASCADE,
    other  TEXT,                                -- the identifier that was given and not stored
    reason TEXT NOT NULL,                       -- identity_conflict, same_phone, same_name_company, near_email
    at     INTEGER NOT NULL,
    state  TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'dismissed')),
    CHECK (b IS NULL OR a < b)
) STRICT;

CREATE UNIQUE INDEX possible_duplicate_pair ON possible_duplicate (a, ifnull(b, 0), ifnull(other, ''));
CREATE INDEX possible_duplicate_b ON possible_duplicate (b) WHERE b IS NOT NULL;
CREATE INDEX possible_duplicate_open ON possible_duplicate (at) WHERE state = 'open';

-- ---------------------------------------------------------------------------------------------- lists and imports
CREATE TABLE saved_filter (
    id       INTEGER PRIMARY KEY,
    user     TEXT NOT NULL,                     -- email of its owner: saved filters are private
    name     TEXT NOT NULL COLLATE NOCASE,
    list     TEXT NOT NULL CHECK (list IN ('contacts', 'activities')),
    query    TEXT NOT NULL,
    position INTEGER NOT NULL,
    pin      INTEGER CHECK (pin BETWEEN 1 AND 9),
    UNIQUE (user, name)
) STRICT;

CREATE TABLE import (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    file       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    at         INTEGER NOT NULL,
    created    INTEGER NOT NULL DEFAULT 0,
    updated    INTEGER NOT NULL DEFAULT 0,
    unchanged  INTEGER NOT NULL DEFAULT 0,
    skipped    INTEGER NOT NULL DEFAULT 0,
    rejected   INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER,
    undone_at  INTEGER
) STRICT;

CREATE TABLE import_contact (
    import_id  INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    created    INTEGER NOT NULL,                -- 1: made by this import; 0: updated or met
    before     TEXT,                            -- JSON of the values that it replaced
    PRIMARY KEY (import_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX import_contact_contact ON import_contact (contact_id);

-- ---------------------------------------------------------------------------------------------- Salesforce
-- What waits for Salesforce. One open row per (entity, purpose): later changes coalesce into it.
-- A row says only that something must be brought in step; what to write is planned from the present state.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    entity     TEXT NOT NULL CHECK (entity IN ('contact', 'activity')),
    entity_id  INTEGER NOT NULL,
    contact_id INTEGER,                         -- rows of one contact keep their order
    cause      TEXT NOT NULL,                   -- what people read: scheduled, rescheduled, canceled, status, ...
    state      TEXT NOT NULL CHECK (state IN ('pending', 'in_flight', 'retry', 'held', 'in_doubt', 'done', 'skipped')),
    version    INTEGER NOT NULL DEFAULT 1,      -- grows with every coalesced change; settling an old one leaves the row open
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,                -- not before
    claimed_by TEXT,                            -- lease owner that has it in flight
    intent     TEXT,                            -- JSON: what is about to be created, committed before it is sent
    code       TEXT,                            -- Salesforce's error code, or ours
    message    TEXT,                            -- the error as it came
    field      TEXT,
    object     TEXT,
    class      TEXT,                            -- transient, lock, limit, reauth, park, tell_user, rematch
    note       TEXT,                            -- JSON: what was done or left out, for people
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    done_at    INTEGER
) STRICT;

CREATE UNIQUE INDEX outbox_open ON outbox (entity, entity_id) WHERE state NOT IN ('done', 'skipped');
CREATE INDEX outbox_due ON outbox (next_at, id) WHERE state IN ('pending', 'retry', 'in_doubt');
CREATE INDEX outbox_state ON outbox (state, updated_at, id);
CREATE INDEX outbox_contact ON outbox (contact_id, id) WHERE contact_id IS NOT NULL;
CREATE INDEX outbox_done ON outbox (done_at, id) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_entity ON outbox (entity, entity_id, id);

CREATE TABLE outbox_count (
    state TEXT PRIMARY KEY,
    n     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO outbox_count (state, n)
VALUES ('pending', 0), ('in_flight', 0), ('retry', 0), ('held', 0), ('in_doubt', 0), ('done', 0), ('skipped', 0);

CREATE TRIGGER outbox_count_insert AFTER INSERT ON outbox BEGIN
    UPDATE outbox_count SET n = n + 1 WHERE state = new.state;
END;

CREATE TRIGGER outbox_count_delete AFTER DELETE ON outbox BEGIN
    UPDATE outbox_count SET n = n - 1 WHERE state = old.state;
END;

CREATE TRIGGER outbox_count_update AFTER UPDATE OF state ON outbox WHEN old.state IS NOT new.state BEGIN
    UPDATE outbox_count SET n = n - 1 WHERE state = old.state;
    UPDATE outbox_count SET n = n + 1 WHERE state = new.state;
END;

-- contact or activity <-> Salesforce record.
CREATE TABLE link (
    entity     TEXT NOT NULL CHECK (entity IN ('contact', 'activity')),
    entity_id  INTEGER NOT NULL,
    object     TEXT NOT NULL,                   -- Lead, Contact or Event
    record_id  TEXT NOT NULL,                   -- 18 characters
    sent       TEXT NOT NULL,                   -- JSON: field -> value last written by us
    seen       TEXT NOT NULL,                   -- JSON: owner, modification stamp and whatever was read last
    candidates TEXT,                            -- JSON array of ids when several records matched
    linked_at  INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (entity, entity_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX link_record ON link (record_id);

-- Guests of a booking are people in Salesforce without being contacts here.
CREATE TABLE guest_link (
    email     TEXT PRIMARY KEY,                 -- case-folded
    object    TEXT NOT NULL,
    record_id TEXT NOT NULL,
    linked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which process works. One row a role; the holder renews `until`.
CREATE TABLE lease (
    role    TEXT PRIMARY KEY,                   -- sync, hooks, poll
    owner   TEXT NOT NULL,                      -- random id of the process
    host    TEXT NOT NULL,
    pid     INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    status  TEXT NOT NULL DEFAULT '{}'          -- JSON: what the holder tells every other process's screen
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------------------------------------- the rest
CREATE TABLE source_cursor (
    source          TEXT PRIMARY KEY,
    cursor          TEXT,
    last_success_at INTEGER,
    last_error_at   INTEGER,
    last_error      TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE hook_delivery (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hook       TEXT NOT NULL,
    event      TEXT NOT NULL,
    event_id   TEXT NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'retry', 'held', 'done', 'skipped')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,
    message    TEXT,
    created_at INTEGER NOT NULL,
    done_at    INTEGER,
    UNIQUE (hook, event_id)
) STRICT;

CREATE INDEX hook_delivery_due ON hook_delivery (next_at, id) WHERE state IN ('pending', 'retry');

CREATE TABLE api_key (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    hash       TEXT NOT NULL UNIQUE,            -- SHA-256 of the key, hex
    created_at INTEGER NOT NULL,
    used_at    INTEGER,
    revoked_at INTEGER
) STRICT;

-- Small things that outlive a process: store id, session of the screen, pause switch.
CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
