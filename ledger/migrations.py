"""The schema's history: numbered functions, append-only, each run in one transaction with its record.

A released migration is never edited: a change is a new function at the end of MIGRATIONS. Views hold no facts, so they
have no history: whatever `views.sql` says is what an opened ledger has.
"""

from collections.abc import Callable
from pathlib import Path

from ledger.address import Place
from ledger.backups import back_up
from ledger.errors import WrongLedger
from ledger.records import DEFAULT_WEIGHTS, utc
from ledger.rows import number_of
from ledger.sql import Connection, statements, writing
from ledger.views import drop_views, replace_views

CONVERTED_AT_A_TIME = 10_000  # rows


def _first(connection: Connection) -> None:
    """The facts, the dated weights and the policy."""
    for statement in statements(
        """
        CREATE TABLE turns (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            person TEXT NOT NULL,
            team TEXT,
            identity_source TEXT NOT NULL,
            assistant TEXT NOT NULL,
            client TEXT,
            conversation TEXT NOT NULL,
            ask TEXT NOT NULL,
            lang TEXT,
            prompt_chars INTEGER NOT NULL,
            text TEXT, -- only until the turn is judged
            context TEXT, -- JSON; as long as text
            text_expires_at TEXT -- the year 9999 until it is judged
        ) STRICT;
        CREATE INDEX turns_at ON turns (at);
        CREATE INDEX turns_ask ON turns (ask);
        -- few rows at any time: what waits for its judgement is found without a look at the rest
        CREATE INDEX turns_with_text ON turns (id) WHERE text IS NOT NULL;
        CREATE INDEX turns_expiring ON turns (text_expires_at) WHERE text_expires_at IS NOT NULL;

        CREATE TABLE calls (
            id INTEGER PRIMARY KEY,
            turn_id INTEGER REFERENCES turns (id) ON DELETE CASCADE, -- NULL: nothing could be read
            at TEXT NOT NULL,
            assistant TEXT NOT NULL,
            dialect TEXT,
            model TEXT,
            client TEXT,
            kind TEXT NOT NULL CHECK (
                kind IN ('prompt', 'continuation', 'retry', 'automation', 'completion', 'unreadable')
            ),
            http_status INTEGER,
            streamed INTEGER CHECK (streamed IN (0, 1)),
            complete INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
            request_bytes INTEGER NOT NULL,
            response_bytes INTEGER, -- NULL: the call has not ended, or the proxy died before it did
            input_tokens INTEGER,
            output_tokens INTEGER,
            usage_estimated INTEGER NOT NULL DEFAULT 0 CHECK (usage_estimated IN (0, 1)),
            ttft_ms REAL,
            duration_ms REAL
        ) STRICT;
        CREATE INDEX calls_turn_id ON calls (turn_id);

        CREATE TABLE judgements (
            turn_id INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
            classifier TEXT NOT NULL,
            at TEXT NOT NULL,
            level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 4),
            score REAL NOT NULL,
            p0 REAL NOT NULL,
            p1 REAL NOT NULL,
            p2 REAL NOT NULL,
            p3 REAL NOT NULL,
            p4 REAL NOT NULL,
            category TEXT NOT NULL,
            work INTEGER CHECK (work IN (0, 1)),
            novelty REAL NOT NULL,
            attention REAL NOT NULL,
            duplicate_of INTEGER, -- no reference: that turn may be deleted before this one
            reasons TEXT NOT NULL, -- JSON
            PRIMARY KEY (turn_id, classifier)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE weights (
            effective_from TEXT NOT NULL,
            level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 4),
            weight REAL NOT NULL CHECK (weight BETWEEN 0 AND 1),
            PRIMARY KEY (level, effective_from)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE policy (
            name TEXT PRIMARY KEY,
            value INTEGER NOT NULL,
            CHECK (name <> 'min_group' OR value >= 5)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO policy VALUES ('min_group', 5);

        CREATE TABLE outcomes (
            team TEXT NOT NULL,
            week TEXT NOT NULL,
            metric TEXT NOT NULL,
            value REAL NOT NULL,
            source TEXT NOT NULL,
            PRIMARY KEY (team, week, metric, source)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE contests (
            id INTEGER PRIMARY KEY,
            turn_id INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
            at TEXT NOT NULL,
            reason TEXT NOT NULL
        ) STRICT;
        CREATE INDEX contests_turn_id ON contests (turn_id);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            who TEXT NOT NULL,
            what TEXT NOT NULL,
            why TEXT NOT NULL
        ) STRICT;
        CREATE TABLE published (
            week TEXT NOT NULL,
            team TEXT,
            category TEXT,
            assistant TEXT,
            people INTEGER NOT NULL,
            raw_calls INTEGER NOT NULL,
            turns INTEGER NOT NULL,
            value REAL,
            gap REAL
        ) STRICT;
        """
    ):
        connection.execute(statement)
    connection.executemany("INSERT INTO weights VALUES ('2000-01-01', ?, ?)", DEFAULT_WEIGHTS.items())


def _signatures(connection: Connection) -> None:
    """What repeats are found by, and the way to a person's and a team's recent turns."""
    for statement in statements(
        """
        CREATE TABLE signatures (
            turn_id INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
            classifier TEXT NOT NULL, -- whose encoder gave the meaning
            signature BLOB NOT NULL, -- keyed; deleted once no turn can repeat this one
            PRIMARY KEY (turn_id, classifier)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX turns_person_at ON turns (person, at);
        CREATE INDEX turns_team_at ON turns (team, at) WHERE team IS NOT NULL;
        """
    ):
        connection.execute(statement)


def _traces(connection: Connection) -> None:
    """What clients' own ids lead to, and a turn's place in its conversation."""
    for statement in statements(
        """
        ALTER TABLE turns ADD COLUMN place INTEGER; -- how many asks came before it
        CREATE TABLE traces (
            id INTEGER PRIMARY KEY,
            trace TEXT NOT NULL, -- keyed
            turn_id INTEGER REFERENCES turns (id) ON DELETE CASCADE, -- NULL: a call waits for its turn
            call_id INTEGER REFERENCES calls (id) ON DELETE CASCADE,
            at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX traces_trace ON traces (trace);
        CREATE INDEX traces_turn_id ON traces (turn_id) WHERE turn_id IS NOT NULL;
        CREATE INDEX traces_call_id ON traces (call_id) WHERE call_id IS NOT NULL;
        """
    ):
        connection.execute(statement)


def _spools(connection: Connection) -> None:
    """How far the proxies' spools have been entered, and the calls that were lost."""
    for statement in statements(
        """
        CREATE TABLE spools (
            spool TEXT PRIMARY KEY, -- named at random when it is begun
            position INTEGER NOT NULL, -- bytes of it that are entered
            run TEXT NOT NULL,
            under_way TEXT NOT NULL -- JSON: the calls whose answers stand further behind
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE lost (
            at TEXT NOT NULL, -- when it was noticed
            calls INTEGER NOT NULL,
            why TEXT NOT NULL
        ) STRICT;
        """
    ):
        connection.execute(statement)


def _audit_chain(connection: Connection) -> None:
    """The audit table is only added to, and its entries are chained (`audit.py`)."""
    for statement in statements(
        """
        ALTER TABLE audit ADD COLUMN hash TEXT; -- keyed, over the entry before and this one; NULL: entered without
        CREATE TRIGGER audit_keeps_what_it_says BEFORE UPDATE ON audit
        BEGIN SELECT raise(ABORT, 'entries of the audit table are never changed'); END;
        CREATE TRIGGER audit_keeps_its_entries BEFORE DELETE ON audit
        BEGIN SELECT raise(ABORT, 'entries of the audit table are never deleted'); END;
        CREATE TRIGGER audit_replaces_nothing BEFORE INSERT ON audit
        WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
        BEGIN SELECT raise(ABORT, 'entries of the audit table are never replaced'); END;
        """
    ):
        connection.execute(statement)


def _outcomes(connection: Connection) -> None:
    """What an outcome rests on, and how far each source is imported."""
    for statement in statements(
        """
        ALTER TABLE outcomes ADD COLUMN n INTEGER; -- items or answers that the value is of; NULL: not told
        ALTER TABLE outcomes ADD COLUMN unit TEXT;
        CREATE TABLE outcome_cursors (
            source TEXT NOT NULL, -- kind:host, as github:api.github.com
            scope TEXT NOT NULL, -- a repository or project
            week TEXT NOT NULL, -- the first week that is not imported
            complete INTEGER NOT NULL CHECK (complete IN (0, 1)), -- 0: the import was stopped before its end
            PRIMARY KEY (source, scope)
        ) STRICT, WITHOUT ROWID;
        """
    ):
        connection.execute(statement)


def _publication(connection: Connection) -> None:
    """Weeks that are closed, and what was published of them: written once, then only counted late or pruned whole."""
    for statement in statements(
        """
        -- A row for each group: NULL means all, so the week's total has four. Two names are a cell of a table.
        ALTER TABLE published ADD COLUMN model TEXT;
        ALTER TABLE published ADD COLUMN judged INTEGER NOT NULL DEFAULT 0; -- turns
        ALTER TABLE published ADD COLUMN air REAL;
        CREATE INDEX published_week ON published (week);
        CREATE TABLE weeks (
            week TEXT PRIMARY KEY, -- its Monday, UTC
            until TEXT NOT NULL, -- the next week
            closed_at TEXT NOT NULL,
            min_group INTEGER NOT NULL, -- people, as the policy was
            last_turn_id INTEGER NOT NULL, -- 0: nobody had asked anything
            withheld INTEGER NOT NULL CHECK (withheld IN (0, 1)), -- 1: some turns are in none of the figures
            turns INTEGER NOT NULL, -- those that are, as all that follows
            judged INTEGER NOT NULL,
            unattributed INTEGER NOT NULL, -- turns without a team
            calls INTEGER NOT NULL, -- with those of no turn
            unreadable INTEGER NOT NULL, -- calls
            measured INTEGER NOT NULL, -- calls whose tokens are known
            estimated INTEGER NOT NULL, -- of these
            late INTEGER NOT NULL DEFAULT 0, -- turns that came after it was closed
            pruned_at TEXT -- from when on its published rows may be deleted
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX calls_of_no_turn ON calls (at) WHERE turn_id IS NULL;
        CREATE TRIGGER published_stands BEFORE UPDATE ON published
        BEGIN SELECT raise(ABORT, 'what is published is never changed'); END;
        CREATE TRIGGER published_is_whole BEFORE INSERT ON published
        WHEN EXISTS (SELECT 1 FROM weeks WHERE week = NEW.week)
        BEGIN SELECT raise(ABORT, 'a closed week is never added to'); END;
        CREATE TRIGGER published_stays BEFORE DELETE ON published
        WHEN NOT EXISTS (SELECT 1 FROM weeks WHERE week = OLD.week AND pruned_at IS NOT NULL)
        BEGIN SELECT raise(ABORT, 'what is published stays until its week is pruned'); END;
        CREATE TRIGGER weeks_stand BEFORE UPDATE ON weeks
        WHEN NEW.late < OLD.late OR (OLD.pruned_at IS NOT NULL AND NEW.pruned_at IS NOT OLD.pruned_at)
            OR (NEW.week, NEW.until, NEW.closed_at, NEW.min_group, NEW.last_turn_id, NEW.withheld, NEW.turns,
                NEW.judged, NEW.unattributed, NEW.calls, NEW.unreadable, NEW.measured, NEW.estimated)
            <> (OLD.week, OLD.until, OLD.closed_at, OLD.min_group, OLD.last_turn_id, OLD.withheld, OLD.turns,
                OLD.judged, OLD.unattributed, OLD.calls, OLD.unreadable, OLD.measured, OLD.estimated)
        BEGIN SELECT raise(ABORT, 'a closed week is never changed'); END;
        CREATE TRIGGER weeks_stay BEFORE DELETE ON weeks
        BEGIN SELECT raise(ABORT, 'a closed week stays closed'); END;

        INSERT INTO policy (name, value) VALUES ('min_own_team', 10) ON CONFLICT (name) DO NOTHING;
        CREATE TRIGGER policy_goes_up BEFORE UPDATE ON policy WHEN NEW.value < OLD.value OR NEW.name <> OLD.name
        BEGIN SELECT raise(ABORT, 'a smallest group is never lowered'); END;
        CREATE TRIGGER policy_begins_high BEFORE INSERT ON policy
        WHEN (NEW.name = 'min_own_team' AND NEW.value < 10)
            OR NEW.value < (SELECT value FROM policy WHERE name = NEW.name)
        BEGIN SELECT raise(ABORT, 'a smallest group is never lowered'); END;
        """
    ):
        connection.execute(statement)


def _compact(connection: Connection) -> None:
    """Keyed digests that no admin reads as the 64 bits that they are, and no index that says more than it must."""
    for statement in statements(
        """
        ALTER TABLE turns ADD COLUMN asked INTEGER;
        CREATE TABLE kept (trace INTEGER PRIMARY KEY, turn_id INTEGER NOT NULL) STRICT;
        """
    ):
        connection.execute(statement)
    last = 0
    while turns := connection.execute(
        "SELECT ask, id FROM turns WHERE id > ? ORDER BY id LIMIT ?", (last, CONVERTED_AT_A_TIME)
    ).fetchall():
        last = turns[-1][1]
        connection.executemany("UPDATE turns SET asked = ? WHERE id = ?", [(number_of(ask), id_) for ask, id_ in turns])
    last = 0
    while traces := connection.execute(
        "SELECT trace, turn_id, id FROM traces WHERE id > ? AND turn_id IS NOT NULL ORDER BY id LIMIT ?",
        (last, CONVERTED_AT_A_TIME),
    ).fetchall():
        last = traces[-1][2]
        connection.executemany(
            "INSERT INTO kept (trace, turn_id) VALUES (?, ?)"
            " ON CONFLICT (trace) DO UPDATE SET turn_id = excluded.turn_id",
            [(number_of(trace), turn_id) for trace, turn_id, _ in traces],
        )
    for statement in statements(
        """
        DROP INDEX turns_ask;
        ALTER TABLE turns DROP COLUMN ask;
        ALTER TABLE turns RENAME COLUMN asked TO ask;
        CREATE INDEX turns_ask ON turns (ask);
        -- ids are in the order of time, or nearly, and an index ends with them
        DROP INDEX turns_person_at;
        DROP INDEX turns_team_at;
        CREATE INDEX turns_person ON turns (person);
        CREATE INDEX turns_team ON turns (team) WHERE team IS NOT NULL;

        DROP TABLE traces; -- with the calls that waited in it, which is for seconds
        CREATE TABLE traces (
            trace INTEGER PRIMARY KEY,
            turn_id INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE
        ) STRICT;
        INSERT INTO traces (trace, turn_id) SELECT trace, turn_id FROM kept ORDER BY trace;
        DROP TABLE kept;
        CREATE INDEX traces_turn_id ON traces (turn_id);
        CREATE TABLE waiting (
            call_id INTEGER PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE, -- it waits for its turn
            trace INTEGER NOT NULL,
            at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX waiting_trace ON waiting (trace);
        """
    ):
        connection.execute(statement)


def _contests_and_events(connection: Connection) -> None:
    """What a contest is about, and the dates that figures are read by."""
    for statement in statements(
        """
        ALTER TABLE contests ADD COLUMN classifier TEXT; -- whose judgement is contested
        ALTER TABLE contests ADD COLUMN level INTEGER CHECK (level BETWEEN 0 AND 4); -- NULL: not said
        CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            day TEXT NOT NULL,
            team TEXT, -- NULL: the whole company's
            what TEXT NOT NULL
        ) STRICT;
        """
    ):
        connection.execute(statement)


def _weeks_are_never_replaced(connection: Connection) -> None:
    """REPLACE deletes without a word to the trigger that refuses it."""
    connection.execute(
        "CREATE TRIGGER weeks_are_new BEFORE INSERT ON weeks WHEN EXISTS (SELECT 1 FROM weeks WHERE week = NEW.week)"
        " BEGIN SELECT raise(ABORT, 'a closed week is never changed'); END"
    )


def _contested_words(connection: Connection) -> None:
    """What people give of their own words, so that the judge may learn from a contest."""
    connection.execute("ALTER TABLE contests ADD COLUMN words TEXT")


def _causes(connection: Connection) -> None:
    """Why turns are air, as published from now on."""
    connection.execute("ALTER TABLE published ADD COLUMN cause TEXT")


def _rings(connection: Connection) -> None:
    """By which the hosts of a fleet tell that they have the same keys."""
    connection.execute(
        "CREATE TABLE rings (ring INTEGER PRIMARY KEY CHECK (ring = 1), mark TEXT NOT NULL) STRICT"  # a keyed digest
    )


def _gap_intervals(connection: Connection) -> None:
    """How far the gap of a week's total and of its teams may lie from what it says, as published from now on."""
    for bound in ("gap_low", "gap_high"):
        connection.execute(f"ALTER TABLE published ADD COLUMN {bound} REAL")


def _removed(connection: Connection) -> None:
    """How many calls were deleted on purpose, so that those which damage destroys can be told from them."""
    connection.execute("CREATE TABLE removed (one INTEGER PRIMARY KEY CHECK (one = 1), calls INTEGER NOT NULL) STRICT")
    connection.execute("INSERT INTO removed (one, calls) SELECT 1, coalesce(max(id), 0) - count(*) FROM calls")


def _smaller(connection: Connection) -> None:
    """Shorter signatures, one a turn, as those of before cannot be compared with them; texts in pages of their own."""
    for statement in statements(
        """
        DROP TABLE signatures;
        CREATE TABLE signatures (
            turn_id INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
            classifier INTEGER NOT NULL, -- whose encoder gave the meaning: a digest of its name
            signature BLOB NOT NULL -- keyed; deleted once no turn can repeat this one
        ) STRICT;
        CREATE TABLE texts (
            turn_id INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
            text TEXT NOT NULL, -- sealed, until the turn is judged; then '' for a while
            context TEXT -- sealed JSON; as long as text
        ) STRICT;
        """
    ):
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _first,
    _signatures,
    _traces,
    _spools,
    _audit_chain,
    _outcomes,
    _publication,
    _compact,
    _contests_and_events,
    _weeks_are_never_replaced,
    _contested_words,
    _causes,
    _rings,
    _gap_intervals,
    _removed,
    _smaller,
)


def migrate(connection: Connection, path: Place, now: float) -> None:
    """Bring a ledger to the newest schema and the current views. `now`: Unix seconds, for the record.

    All that is missing runs in one transaction, after a backup of a file (`backups.py`). Safe when several processes
    open one ledger at once. Raises WrongLedger for a newer schema and for another program's database.
    """
    if schema_of(connection, path) < len(MIGRATIONS):
        with writing(connection):
            number = schema_of(connection, path)  # again, now that nobody else can migrate
            if number == 0:
                connection.execute("CREATE TABLE migrations (number INTEGER PRIMARY KEY, at TEXT NOT NULL) STRICT")
            elif number < len(MIGRATIONS) and isinstance(path, Path):
                back_up(path, number)
            if number < len(MIGRATIONS):
                drop_views(connection)
            _run(connection, range(number, len(MIGRATIONS)), now)
    replace_views(connection)


def migrate_to(connection: Connection, schema: int, now: float) -> None:
    """Bring a database of ours, which nobody else has open, forward to a schema, without its views."""
    with writing(connection):
        if not connection.tables():
            connection.execute("CREATE TABLE migrations (number INTEGER PRIMARY KEY, at TEXT NOT NULL) STRICT")
        (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()
        _run(connection, range(number, schema), now)


def _run(connection: Connection, numbers: range, now: float) -> None:
    for missing in numbers:
        MIGRATIONS[missing](connection)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", (missing + 1, utc(now)))


def schema_of(connection: Connection, path: Place) -> int:
    """Tell a ledger's schema: the number of its last migration, 0 for an empty file. Raises as `migrate` does."""
    tables = connection.tables()
    if not tables:
        return 0
    if "migrations" not in tables:
        raise WrongLedger(f"{path} is another program's database: choose another --db")
    number = int(connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()[0])
    if number > len(MIGRATIONS):
        raise WrongLedger(
            f"the ledger {path} was made by a newer Assay (its schema is {number}, this program knows "
            f"{len(MIGRATIONS)}): upgrade Assay, or choose another --db"
        )
    return number
