"""Strangers' SQL sees the aggregates, and does nothing else."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.address import Address, Place
from ledger.errors import LedgerError
from ledger.guarding import SHOWN, copy_shown, open_guarded, time_limit
from ledger.store import Ledger
from tests.ledger.facts import everything, judged

PERSON = f"{3:016x}"
NOW = 1_795_600_000.0  # seconds: in the week of 2026-11-23
BOMB = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def copy(ledger: Ledger, db: Path) -> Path:
    judged(ledger, people=12)
    judged(ledger, people=2, team="Two")
    path = db.with_name("shown") / "copy.db"
    copy_shown(db, path)
    return path


@pytest.fixture
def guarded(copy: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_guarded(copy)) as connection:
        yield connection


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT team, week, people, turns, value, gap, air FROM usage_by_team_week",
        "WITH t AS (SELECT * FROM usage_by_team_week) SELECT count(*), max(people) FROM t",
        "SELECT * FROM usage_by_week AS a JOIN usage_by_model_week AS b ON b.week = a.week",
        "SELECT sum(turns) OVER (ORDER BY week) FROM usage_by_category_week",
        "SELECT strftime('%Y', week), round(value, 1), upper(team) FROM usage_by_team_week",
        "SELECT value FROM json_each('[1, 2]')",
        "SELECT name FROM sqlite_master",
        "PRAGMA table_info(usage_by_team_week)",
        "SELECT judged FROM coverage",
        "SELECT weight FROM weights",
    ],
)
def test_the_aggregates_are_read(guarded: sqlite3.Connection, sql: str) -> None:
    """With all that SQL can do to them."""
    assert guarded.execute(sql).fetchall()


def test_the_copy_shows_what_the_ledger_shows(guarded: sqlite3.Connection, db: Path) -> None:
    """The same columns and rows."""
    there = {name for (name,) in guarded.execute("SELECT name FROM sqlite_master")}
    assert there <= set(SHOWN)
    assert {"usage_by_team_week", "published", "coverage", "weights", "policy"} <= there
    with closing(sqlite3.connect(db)) as ledger:
        for name in there:
            one, other = (where.execute(f"SELECT * FROM {name}") for where in (ledger, guarded))
            assert one.fetchall() == other.fetchall()
            assert [column[0] for column in one.description] == [column[0] for column in other.description]


def test_the_copy_of_a_server_is_that_of_a_file(
    database: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the type of each figure: so what holds of strangers' SQL on the one holds of it on the other."""
    monkeypatch.setenv("HOME", str(tmp_path))
    copies = []
    places: tuple[Place, ...] = (tmp_path / "usage.db", database)
    for number, place in enumerate(places):
        with closing(Ledger.open(place)) as ledger:
            judged(ledger, people=12, calls=3)
            judged(ledger, people=2, team="Two")
            judged(ledger, people=6, at="2025-11-24T09:00:00.000Z", verdict={"level": 1})
            list(ledger.publication.close(NOW))
            ledger.events.enter("2026-11-02", "Training", "Sales")
        copy_shown(place, tmp_path / f"copy-{number}.db")
        with closing(sqlite3.connect(tmp_path / f"copy-{number}.db")) as copy:
            made = dict(copy.execute("SELECT name, sql FROM sqlite_master ORDER BY name"))
            copies.append((made, {name: sorted(map(repr, copy.execute(f"SELECT * FROM {name}"))) for name in made}))
    assert copies[0][0] == copies[1][0]
    assert copies[0][1] == copies[1][1]
    assert copies[1][1]["published"]
    assert not [person for person in range(12) if f"{person:016x}".encode() in everything(tmp_path / "copy-1.db")]


def test_nobody_is_in_the_copy(copy: Path) -> None:
    """Not one pseudonym, in no byte; nor a team that the views hide."""
    content = everything(copy.parent)
    assert b"Sales" in content
    assert not [person for person in range(12) if f"{person:016x}".encode() in content]
    assert b"Two" not in content


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT person FROM turns",
        "SELECT * FROM calls",
        "SELECT * FROM valued_turns",
        "SELECT person FROM turn_values",
        "SELECT * FROM audit",
        "SELECT (SELECT person FROM turns LIMIT 1) FROM usage_by_team_week",
        "SELECT 1 FROM usage_by_team_week WHERE EXISTS (SELECT 1 FROM turns WHERE person > 'a')",
        # The authorizer of SQLite takes these for the views that they are named like.
        "WITH turn_values AS (SELECT * FROM turns) SELECT person FROM turn_values",
        "WITH usage_by_team_week AS MATERIALIZED (SELECT * FROM turns) SELECT person FROM usage_by_team_week",
        "SELECT person FROM main.turns",
        "SELECT person FROM temp.turns",
        "CREATE TEMP VIEW usage_by_team_week AS SELECT * FROM turns",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE TABLE mine (a)",
        "CREATE TEMP TABLE mine (a)",
        "CREATE TEMP TRIGGER mine AFTER INSERT ON weights BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE mine USING fts5(a)",
        "CREATE VIRTUAL TABLE temp.mine USING dbstat",
        "INSERT INTO weights VALUES (1, 1, 1)",
        "UPDATE policy SET value = 1",
        "DELETE FROM published",
        "DROP TABLE published",
        "ALTER TABLE published RENAME TO p",
        "VACUUM",
        "VACUUM INTO '{folder}/stolen.db'",
        "ANALYZE",
        "BEGIN",
        "SAVEPOINT s",
        "ATTACH '{ledger}' AS l",
        "ATTACH 'file:{ledger}?mode=ro' AS l",
        "ATTACH ':memory:' AS m",
        "ATTACH '' AS m",
        "DETACH main",
        "PRAGMA writable_schema = ON",
        "PRAGMA query_only = OFF",
        "PRAGMA trusted_schema = ON",
        "PRAGMA hard_heap_limit = 0",
        "PRAGMA soft_heap_limit = 1",
        "PRAGMA temp_store_directory = '{folder}'",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA schema_version = 7",
        "PRAGMA mmap_size = 1",
        "PRAGMA optimize",
        "PRAGMA integrity_check",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_writable_schema(1)",
        "SELECT load_extension('{folder}/x.so')",
        "SELECT readfile('{ledger}')",
        "SELECT writefile('{folder}/x', 'x')",
        "SELECT edit('x')",
        "SELECT fts3_tokenizer('simple', x'00')",
        "SELECT sqlite_compileoption_get(1)",
        "SELECT * FROM dbstat",
        "SELECT * FROM sqlite_dbpage",
        "SELECT * FROM sqlite_temp_master",
        "SELECT * FROM fsdir('/')",
        "SELECT * FROM sqlite_stmt",
    ],
)
def test_nothing_else_is_done(guarded: sqlite3.Connection, copy: Path, db: Path, sql: str) -> None:
    """Refused by SQLite, whatever the statement hides in."""
    guarded.execute("SELECT 1 FROM weights").fetchall()  # makes the files beside the copy
    before = sorted(copy.parent.rglob("*"))
    with pytest.raises(sqlite3.DatabaseError):
        guarded.execute(sql.format(ledger=db, folder=copy.parent)).fetchall()
    assert sorted(copy.parent.rglob("*")) == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT length(zeroblob(1000000000))",
        "SELECT length(printf('%.*c', 500000000, 'x'))",
        "SELECT 1 UNION ALL " * 1000 + "SELECT 1",
        "SELECT " + "(" * 900 + "1" + ")" * 900 + " -- deep",
        "SELECT " + "1 + " * 900 + "1",
        "SELECT '" + "x" * 200_000 + "'",
        "SELECT 'x' LIKE '" + "%x" * 500 + "'",
        "WITH RECURSIVE n(i, b) AS (SELECT 1, randomblob(900000) UNION ALL SELECT i + 1, randomblob(900000) FROM n)"
        " SELECT count(DISTINCT b) FROM n",
    ],
)
def test_what_is_too_much_is_refused(guarded: sqlite3.Connection, sql: str) -> None:
    """By size, depth or memory, and the connection goes on."""
    with pytest.raises((sqlite3.Error, MemoryError, LedgerError)), time_limit(guarded, 20):
        guarded.execute(sql).fetchall()
    assert guarded.execute("SELECT count(*) FROM weights").fetchone() == (5,)


def test_a_query_without_end_ends(guarded: sqlite3.Connection) -> None:
    """While it runs, or while its rows are taken; the next query has its own time."""
    with pytest.raises(LedgerError, match=r"took more than 0.05 seconds: ask for less"), time_limit(guarded, 0.05):
        guarded.execute(BOMB).fetchall()
    rows = guarded.execute(BOMB.replace("count(*)", "i"))
    with pytest.raises(LedgerError, match=r"took more than 0.05 seconds"), time_limit(guarded, 0.05):
        for _ in rows:
            pass
    with time_limit(guarded, 30):
        assert guarded.execute("SELECT 1").fetchone() == (1,)


def test_another_mistake_is_not_taken_for_lateness(guarded: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such column"), time_limit(guarded, 30):
        guarded.execute("SELECT no_such FROM weights")


def test_readers_see_new_figures_and_never_half_of_them(ledger: Ledger, db: Path, copy: Path) -> None:
    """A copy is renewed under its readers."""
    with closing(open_guarded(copy)) as reader:
        begun = reader.execute("SELECT 1 FROM weights")
        assert begun.fetchone()
        judged(ledger, people=7, first=20, team="New")
        copy_shown(db, copy)
        assert len(begun.fetchall()) == 4
        teams = reader.execute("SELECT team FROM usage_by_team_week ORDER BY team").fetchall()
    assert teams == [("New",), ("Sales",)]


def test_a_copy_is_its_owners_alone(copy: Path) -> None:
    assert {file.stat().st_mode & 0o777 for file in copy.parent.iterdir()} == {0o600}
    assert copy.parent.stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_copied_is_one_sentence(db: Path, tmp_path: Path, ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="there is no ledger at"):
        copy_shown(tmp_path / "none.db", tmp_path / "copy.db")
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be made"):
        copy_shown(db, tmp_path / "file" / "copy.db")
