-- What is kept of runs, format 1.
--
-- All tables have one shape. `body` is JSON (UTF-8; lone surrogates pass): the columns are
-- named in forms.py. `chk` is a crc over table, id and body, and `tally` counts the rows of
-- each table and sums their checks: a row that is altered, lost or put elsewhere is noticed.
--
-- Facts are only ever added, in the order of their ids; those of a session have neighbouring
-- ids, so that a session is read, checked and removed as a range, without any index.

-- Processes that worked on runs, and how that ended.
CREATE TABLE session (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);
CREATE TABLE finish (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);

-- Names of jobs: facts name them by number.
CREATE TABLE job (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);

-- Facts: attempts begin and end; what they give to other jobs.
CREATE TABLE started (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);
CREATE TABLE ended (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);
CREATE TABLE given (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);

-- By job: what its last good attempt was made of and made; what is learned from its attempts.
CREATE TABLE product (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);
CREATE TABLE learned (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);

-- Digests of files.
CREATE TABLE file (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);

-- For each table, and for the facts of each session: first id, number of rows, sum of checks.
CREATE TABLE tally (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chk INTEGER NOT NULL);
