-- The ledger, first edition (SQLite). Released migrations are never edited.
--
-- Every instant is whole microseconds since 1970-01-01T00:00:00Z. No row holds a
-- citizen's name, number, address or words: the person of a citizen's leg is the
-- literal `citizen`, and a number stands here only as a keyed hash.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per promise: subject + kind + occurrence + role. `scope` is the front
-- part of the subject (`T/no` of `T/no/r1`), so that one index serves the key
-- and the question what a ticket has.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL CHECK (subject = scope OR substr(subject, 1, length(scope) + 1) = scope || '/'),
    kind TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    role TEXT NOT NULL,
    unit TEXT,
    category TEXT,
    due INTEGER NOT NULL,
    expires INTEGER,
    -- What travels together to one person; null: goes alone.
    batch TEXT,
    urgent INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    late INTEGER NOT NULL CHECK (late IN (0, 1)),
    provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
    facts TEXT NOT NULL,
    -- A hash of everything above that may change while the notice is open.
    digest INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'superseded', 'expired', 'held')),
    reason TEXT,
    created_at INTEGER NOT NULL,
    expanded_at INTEGER,
    ended_at INTEGER,
    UNIQUE (scope, subject, kind, occurrence, role),
    CHECK ((state IN ('open', 'held')) = (ended_at IS NULL)),
    CHECK ((state IN ('superseded', 'held')) = (reason IS NOT NULL)),
    CHECK (state <> 'done' OR expanded_at IS NOT NULL)
) STRICT;

CREATE INDEX notice_unexpanded ON notice (urgent, due, id) WHERE state = 'open' AND expanded_at IS NULL;

-- One row per person and channel under a notice; one person in two roles has one.
CREATE TABLE leg (
    id INTEGER PRIMARY KEY,
    notice INTEGER NOT NULL REFERENCES notice (id),
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    person TEXT NOT NULL CHECK (person <> ''),
    medium TEXT NOT NULL CHECK (medium IN ('sms', 'email', 'chat', 'webhook', 'file', 'none')),
    channel TEXT NOT NULL,
    batch TEXT,
    urgent INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    due INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'accepted', 'delivered', 'unknown', 'failed', 'dead',
                                         'expired', 'superseded', 'held')),
    cause TEXT,
    -- Not claimed before this instant.
    not_before INTEGER NOT NULL,
    -- How often it was claimed; how many of these counted; how many were repeats
    -- after an unknown outcome.
    made INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    repeats INTEGER NOT NULL DEFAULT 0,
    -- Names the message that carried it first; a repeat travels under it again.
    envelope INTEGER,
    lease_token INTEGER,
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (subject, kind, occurrence, person, channel),
    CHECK ((state = 'sending') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
    CHECK ((state IN ('pending', 'sending', 'held')) = (ended_at IS NULL)),
    CHECK (state NOT IN ('unknown', 'failed', 'dead', 'superseded', 'held') OR cause IS NOT NULL),
    CHECK (state <> 'sending' OR (made > 0 AND envelope IS NOT NULL)),
    CHECK (state NOT IN ('accepted', 'delivered', 'unknown') OR made > 0),
    CHECK (tries <= made AND repeats <= made),
    CHECK (medium <> 'none' OR state IN ('dead', 'superseded'))
) STRICT;

CREATE INDEX leg_notice ON leg (notice);
CREATE INDEX leg_pending ON leg (channel, urgent DESC, due, id, not_before) WHERE state = 'pending';
CREATE INDEX leg_batch ON leg (person, channel, batch, not_before) WHERE state = 'pending' AND batch IS NOT NULL;
CREATE INDEX leg_lease ON leg (lease_token, lease_until) WHERE state = 'sending';

-- Deliveries; only added. The outcome is written once; an answer that comes after
-- the lease was taken away is kept beside it and changes nothing else.
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    leg INTEGER NOT NULL REFERENCES leg (id),
    n INTEGER NOT NULL CHECK (n > 0),
    token INTEGER NOT NULL,
    channel TEXT NOT NULL,
    is_repeat INTEGER NOT NULL CHECK (is_repeat IN (0, 1)),
    started_at INTEGER NOT NULL,
    -- When its call was about to be made; without this it certainly was not.
    called_at INTEGER,
    ended_at INTEGER,
    outcome TEXT,
    code TEXT,
    detail TEXT,
    receipt TEXT,
    counted INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1)),
    late_at INTEGER,
    late_outcome TEXT,
    late_code TEXT,
    late_receipt TEXT,
    UNIQUE (leg, n),
    CHECK ((outcome IS NULL) = (ended_at IS NULL)),
    CHECK ((late_outcome IS NULL) = (late_at IS NULL)),
    CHECK (late_outcome IS NULL OR outcome IS NOT NULL)
) STRICT;

CREATE INDEX attempt_started ON attempt (channel, started_at);

CREATE TRIGGER attempt_outcome_is_final BEFORE UPDATE ON attempt
WHEN OLD.outcome IS NOT NULL AND (NEW.outcome IS NOT OLD.outcome OR NEW.ended_at IS NOT OLD.ended_at
     OR NEW.code IS NOT OLD.code OR NEW.receipt IS NOT OLD.receipt OR NEW.counted IS NOT OLD.counted)
BEGIN
    SELECT RAISE(ABORT, 'the outcome of an attempt is written once');
END;

CREATE TRIGGER attempt_is_only_added BEFORE DELETE ON attempt
BEGIN
    SELECT RAISE(ABORT, 'attempts are only added');
END;

-- Providers' delivery reports, raw; only added. Those that match no leg stay.
CREATE TABLE receipt (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    message TEXT NOT NULL,
    leg INTEGER REFERENCES leg (id),
    state TEXT NOT NULL CHECK (state IN ('delivered', 'failed', 'expired', 'other')),
    code TEXT,
    received_at INTEGER NOT NULL
) STRICT;

CREATE INDEX receipt_message ON receipt (channel, message);

-- What a store showed and later forgot; only added. `assignment` is the dispatch
-- instant, 0 where the fact belongs to the round alone.
CREATE TABLE fact (
    ticket TEXT NOT NULL,
    round INTEGER NOT NULL,
    assignment INTEGER NOT NULL,
    what TEXT NOT NULL,
    value TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (ticket, round, assignment, what, value)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER fact_is_only_added BEFORE UPDATE ON fact
BEGIN
    SELECT RAISE(ABORT, 'facts are only added');
END;

-- Acknowledgements (签收) of a notice by a person.
CREATE TABLE ack (
    id INTEGER PRIMARY KEY,
    notice INTEGER NOT NULL REFERENCES notice (id),
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (notice, person)
) STRICT;

-- Who plans, where several nodes run.
CREATE TABLE role_lease (
    role TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a person changed by hand.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;

-- Forms issued (批办单, 督办单): once a subject, numbered within the year.
CREATE TABLE form (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    subject TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    UNIQUE (kind, year, number),
    UNIQUE (kind, subject)
) STRICT;

-- Which calendar files were in force from when on.
CREATE TABLE calendar_version (
    id INTEGER PRIMARY KEY,
    year INTEGER NOT NULL,
    digest TEXT NOT NULL,
    source TEXT NOT NULL,
    loaded_at INTEGER NOT NULL,
    UNIQUE (year, digest)
) STRICT;

-- Tickets by what makes them repeats, closed ones included. `first` is the
-- group's identity and stays when that ticket has aged out.
CREATE TABLE repeat_group (
    ticket TEXT PRIMARY KEY,
    number_hash INTEGER,
    subcategory TEXT,
    received INTEGER,
    -- JSON list of ticket numbers.
    links TEXT NOT NULL,
    category TEXT,
    town TEXT,
    first TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX repeat_group_received ON repeat_group (received);
