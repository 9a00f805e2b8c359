"""Every ledger comes to the newest schema, whoever opens it and whatever stops them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ledger import migrations
from ledger.records import Signature
from ledger.sql import Connection
from ledger.sqlite import SQLite
from ledger.store import Ledger, LedgerError
from tests.ledger.facts import entered, judgement
from tests.ledger.straight import REFUSED, columns, of_schema, straight

# The contract: outside readers use these names. A change here breaks them.
COLUMNS = {
    "calls": "id turn_id at assistant dialect model client kind http_status streamed complete request_bytes"
    " response_bytes input_tokens output_tokens usage_estimated ttft_ms duration_ms",
    "turns": "id at person team identity_source assistant client conversation lang prompt_chars text context"
    " text_expires_at place ask",
    "judgements": "turn_id classifier at level score p0 p1 p2 p3 p4 category work novelty attention"
    " duplicate_of reasons",
    "signatures": "turn_id classifier signature",
    "texts": "turn_id text context",
    "traces": "trace turn_id",
    "waiting": "call_id trace at",
    "weights": "effective_from level weight",
    "policy": "name value",
    "outcomes": "team week metric value source n unit",
    "outcome_cursors": "source scope week complete",
    "contests": "id turn_id at reason classifier level words",
    "events": "id day team what",
    "audit": "id at who what why hash",
    "published": "week team category assistant people raw_calls turns value gap model judged air cause gap_low"
    " gap_high",
    "weeks": "week until closed_at min_group last_turn_id withheld turns judged unattributed calls unreadable measured"
    " estimated late pruned_at",
    "spools": "spool position run under_way",
    "lost": "at calls why",
    "migrations": "number at",
    "rings": "ring mark",
    "removed": "one calls",
    "valued_turns": "at week team person assistant client category level weight novelty attention calls tokens value",
    "usage_by_team_week": "team week people raw_calls turns value gap air",
    "usage_by_week": "week people raw_calls turns value gap air",
    "usage_by_category_week": "category week people raw_calls turns value gap air",
    "usage_by_assistant_week": "assistant week people raw_calls turns value gap air",
    "usage_by_model_week": "model week people raw_calls turns value gap air",
    "usage_by_cause_week": "cause week people raw_calls turns value gap air",
    "classifiers": "classifier judged since latest",
    "coverage": "judged unreadable unattributed estimated lost",
    "queue": "waiting oldest",
}


@pytest.fixture
def connection(ledger: Ledger, db: Path) -> Iterator[Connection]:
    with closing(straight(db)) as connection:
        if isinstance(connection, SQLite):
            connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def test_the_schema_is_the_contract(connection: Connection) -> None:
    """Each table and view has exactly the documented columns."""
    names = connection.tables() | connection.views().keys()
    found = {name: " ".join(columns(connection, name)) for name in names}
    assert found.pop("turn_values")  # what the other views stand on
    assert found.pop("open_since")
    assert found == COLUMNS


def test_the_tables_are_strict(connection: Connection) -> None:
    """They hold exactly the declared types."""
    loose = "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%'"
    assert connection.execute(loose).fetchall() == []


def test_a_new_ledger_has_a_record_of_each_migration(connection: Connection) -> None:
    """Numbered from 1, with the time."""
    numbers = [number for (number,) in connection.execute("SELECT number FROM migrations ORDER BY number")]
    assert numbers == list(range(1, len(migrations.MIGRATIONS) + 1))


def test_the_weights_are_the_rubrics(connection: Connection) -> None:
    """Five levels, from long before any turn."""
    weights = connection.execute("SELECT level, weight FROM weights ORDER BY level").fetchall()
    assert weights == [(0, 0.0), (1, 0.05), (2, 0.4), (3, 0.8), (4, 1.0)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE policy SET value = 4 WHERE name = 'min_group'",
        "INSERT INTO policy VALUES ('min_group', 1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        "UPDATE policy SET value = 9 WHERE name = 'min_own_team'",
        "INSERT INTO policy VALUES ('min_own_team', 9) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        "UPDATE policy SET name = 'min' WHERE name = 'min_group'",
        "INSERT INTO judgements SELECT 99, 'k', 'at', 3, 3, 0, 0, 0, 1, 0, 'writing', 1, 1, 1, NULL, '[]'",
        "INSERT INTO weights VALUES ('2026-01-01', 2, 1.5)",
        "INSERT INTO calls (at, assistant, kind, request_bytes) VALUES ('at', 'OpenAI', 'chat', 1)",
    ],
)
def test_what_must_not_be_is_refused_by_the_ledger_itself(connection: Connection, sql: str) -> None:
    """Whatever program writes: groups of four, judgements of no turn, weights over 1, unknown kinds."""
    with pytest.raises(REFUSED):
        connection.execute(sql)


def test_a_deleted_turn_takes_its_rows_along(ledger: Ledger, connection: Connection) -> None:
    """Nothing is left that points nowhere."""
    entered(ledger, calls=3)
    connection.execute("DELETE FROM turns")
    assert connection.execute("SELECT count(*) FROM calls").fetchone() == (0,)


def test_a_newer_schema_is_refused(ledger: Ledger, db: Path, connection: Connection) -> None:
    """By whoever writes and by whoever reads, in one sentence."""
    connection.execute("INSERT INTO migrations VALUES (99, 'later')")
    for opening in (Ledger.open, Ledger.read):
        with pytest.raises(LedgerError, match=r"made by a newer Assay \(its schema is 99, .*\): upgrade Assay, or"):
            opening(db)


def test_an_older_schema_is_brought_forward(
    ledger: Ledger, db: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is missing runs; facts stay; readers ask for it rather than read what they do not know."""
    entered(ledger)
    monkeypatch.setattr(
        "ledger.migrations.MIGRATIONS",
        (*migrations.MIGRATIONS, lambda c: c.execute("ALTER TABLE turns ADD COLUMN colour TEXT")),
    )
    monkeypatch.setattr("ledger.usage.MIGRATIONS", migrations.MIGRATIONS)
    with pytest.raises(LedgerError, match="older schema: open it for writing once"):
        Ledger.read(db)
    Ledger.open(db).close()
    assert connection.execute("SELECT count(*), max(colour) FROM turns").fetchone() == (1, None)
    assert connection.execute("SELECT max(number) FROM migrations").fetchone() == (len(migrations.MIGRATIONS),)
    Ledger.read(db).close()


def test_a_ledger_of_the_first_schema_is_brought_forward(db: Path) -> None:
    """Its turns and judgements stay, are found by their asks, and from then on turns are signed."""
    of_schema(db, 1)
    with closing(straight(db)) as connection:
        connection.execute(
            "INSERT INTO turns (at, person, identity_source, assistant, conversation, ask, prompt_chars)"
            " VALUES ('2026-11-23T09:00:00.000Z', '0000000000000000', 'header', 'OpenAI', 'c', 'a', 7)"
        )
        connection.execute(
            "INSERT INTO judgements SELECT 1, 'k', 'at', 3, 3, 0, 0, 0, 1, 0, 'data', 1, 1, 1, NULL, '[]'"
        )
    with closing(Ledger.open(db)) as ledger:
        assert ledger.judge([], signatures=[Signature(1, "k", b"signed")]) == 0
        assert [one.signature for one in ledger.history.own("0" * 16, "", 2, "k", 9)] == [b"signed"]
        found = ledger.traces.of_ask("a")
        assert found is not None
        assert (found.turn_id, found.place) == (1, None)
    with closing(straight(db)) as connection:
        assert connection.execute("SELECT classifier FROM judgements").fetchall() == [("k",)]
        assert connection.execute("SELECT max(number) FROM migrations").fetchone() == (len(migrations.MIGRATIONS),)


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(
    ledger: Ledger, db: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had done is undone, it has no record, and those before it keep theirs."""

    def fails(connection: Connection) -> None:
        connection.execute("CREATE TABLE half (done INTEGER)")
        raise RuntimeError

    monkeypatch.setattr("ledger.migrations.MIGRATIONS", (*migrations.MIGRATIONS, fails))
    with pytest.raises(RuntimeError):
        Ledger.open(db)
    assert "half" not in connection.tables()
    assert connection.execute("SELECT max(number) FROM migrations").fetchone() == (len(migrations.MIGRATIONS) - 1,)


def test_many_may_open_a_new_ledger_at_once(db: Path) -> None:
    """Proxy and classifier start together on a fresh machine."""

    def opened(_: int) -> bool:
        Ledger.open(db).close()
        return True

    with ThreadPoolExecutor(8) as starters:
        assert all(starters.map(opened, range(8)))
    with closing(straight(db)) as connection:
        assert connection.execute("SELECT count(*) FROM migrations").fetchone() == (len(migrations.MIGRATIONS),)


def test_changed_views_are_replaced_and_the_admins_own_are_not(
    ledger: Ledger, db: Path, connection: Connection
) -> None:
    """A view holds no facts, so it needs no migration."""
    connection.execute("DROP VIEW coverage")
    connection.execute("CREATE VIEW coverage AS SELECT 1 AS judged")
    connection.execute("CREATE VIEW ours AS SELECT count(*) AS turns FROM turns")
    Ledger.open(db).close()
    assert "unreadable" in connection.views()["coverage"]
    assert connection.execute("SELECT turns FROM ours").fetchone() == (0,)


def test_a_ledger_with_digests_as_text_is_brought_forward(db: Path) -> None:
    """Ids stay, and turns are found by the same asks and traces as before, by the newest that left one."""
    of_schema(db, 6)
    with closing(straight(db)) as connection:
        connection.executemany(
            "INSERT INTO turns (id, at, person, identity_source, assistant, conversation, ask, place, prompt_chars)"
            " VALUES (?, '2026-11-23T09:00:00.000Z', '0000000000000000', 'header', 'OpenAI', 'c', ?, 4, 7)",
            [(3, "00000000000000aa"), (8, "ff000000000000bb")],
        )
        connection.execute(
            "INSERT INTO calls (turn_id, at, assistant, kind, request_bytes) VALUES (8, '', 'o', 'retry', 1)"
        )
        connection.executemany(
            "INSERT INTO traces (trace, turn_id, call_id, at) VALUES (?, ?, ?, '2026-11-23T09:00:00.000Z')",
            [("ee" * 8, 8, None), ("ee" * 8, 3, None), ("dd" * 8, 8, None), ("cc" * 8, None, 1)],
        )
    with closing(Ledger.open(db)) as ledger:
        seen = [ledger.traces.of_ask("ff000000000000bb"), ledger.traces.of("ee" * 8), ledger.traces.of("dd" * 8)]
        assert [(turn.turn_id, turn.ask, turn.place) for turn in seen if turn] == [
            (8, "ff000000000000bb", 4),
            (3, "00000000000000aa", 4),
            (8, "ff000000000000bb", 4),
        ]
        assert ledger.traces.of("cc" * 8) is None
    with closing(straight(db)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT turn_id FROM calls").fetchall() == [(8,)]


def test_what_waits_and_what_was_signed_before_signatures_were_shortened(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text in a turn's row is judged, and deleted, like any other; signatures of before are gone."""
    before = migrations.MIGRATIONS.index(migrations._smaller)
    monkeypatch.setattr("ledger.migrations.MIGRATIONS", migrations.MIGRATIONS[:before])
    with closing(Ledger.open(db)):
        pass
    with closing(straight(db)) as connection:
        connection.execute(
            "INSERT INTO turns (at, person, identity_source, assistant, conversation, ask, prompt_chars, text, context,"
            " text_expires_at) VALUES ('2026-11-23T09:00:00.000Z', '0', 'header', 'OpenAI', 'c', 7, 3, 'one',"
            """ '[{"role":"user","text":"before"}]', '9999-12-31T23:59:59.999999Z')"""
        )
        connection.execute("INSERT INTO signatures VALUES (1, 'test-1', ?)", (b"signed",))
    monkeypatch.undo()
    with closing(Ledger.open(db)) as ledger:
        turn_id = entered(ledger, "two")
        waiting = ledger.unjudged("test-1", 9)
        assert [(turn.text, len(turn.context)) for turn in waiting] == [("one", 1), ("two", 0)]
        assert ledger.history.own("0", "", 99, "test-1", 9) == []
        assert ledger.judge([judgement(1), judgement(turn_id)]) == 2
    with closing(straight(db)) as connection:
        assert connection.execute("SELECT DISTINCT text, context, text_expires_at FROM turns").fetchall() == [
            (None,) * 3
        ]
