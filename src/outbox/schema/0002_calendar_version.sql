-- Which calendar files were in force from when on, from where, and by whose hand;
-- only added. Nothing was written to the table of the first edition.

DROP TABLE calendar_version;

CREATE TABLE calendar_version (
    id INTEGER PRIMARY KEY,
    -- `2027` for a year, `local/` and its file for an overlay.
    part TEXT NOT NULL CHECK (part <> ''),
    -- Empty where the part is no longer there.
    digest TEXT NOT NULL,
    -- The notice that stands, as the file gives it, else the file.
    source TEXT NOT NULL,
    -- Empty where the file was put into its folder without a name.
    person TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX calendar_version_part ON calendar_version (part, id);

CREATE TRIGGER calendar_version_is_only_added BEFORE UPDATE ON calendar_version
BEGIN
    SELECT RAISE(ABORT, 'calendar versions are only added');
END;

CREATE TRIGGER calendar_version_stays BEFORE DELETE ON calendar_version
BEGIN
    SELECT RAISE(ABORT, 'calendar versions are only added');
END;
