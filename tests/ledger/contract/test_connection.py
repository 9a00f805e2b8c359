"""What several machines ask of one database."""

import threading
from contextlib import closing
from typing import Any

import psycopg
import pytest

from ledger.address import Address
from ledger.errors import LedgerBusy, LedgerError, WrongLedger
from ledger.postgres import Postgres
from ledger.pseudonyms import Key
from ledger.store import Ledger
from tests.ledger.facts import call, entered, judgement, turn
from tests.ledger.server import Server
from tests.ledger.straight import rows, straight


def cut_off(address: Address) -> None:
    """End every other connection, as a server that restarts does."""
    with psycopg.connect(address.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class TestClaims:
    """Each waiting turn is one classifier's at a time."""

    def test_two_never_get_the_same_turn(self, ledger: Ledger, db: Address) -> None:
        """And neither waits for the other."""
        ids = [entered(ledger, f"question {number}") for number in range(4)]
        with closing(Ledger.open(db)) as other, ledger.claim("k", 3) as mine, other.claim("k", 3) as theirs:
            assert [turn.id for turn in mine] == ids[:3]
            assert [turn.id for turn in theirs] == ids[3:]

    def test_a_classifier_that_dies_gives_its_turns_back_at_once(self, ledger: Ledger, db: Address) -> None:
        (turn_id,) = [entered(ledger)]
        dying = Ledger.open(db)

        def die() -> None:
            with dying.claim("k", 9) as claimed:
                assert len(claimed) == 1
                dying._connection.close()
                dying.judge([judgement(turn_id, classifier="k")])

        with pytest.raises(LedgerError):
            die()
        again: list[int] = []
        while not again:  # the server has to notice, which takes milliseconds; the test's time limit ends it
            with ledger.claim("k", 9) as turns:
                again = [turn.id for turn in turns]
        assert again == [turn_id]

    def test_calls_of_a_claimed_turn_are_entered_meanwhile(self, ledger: Ledger, db: Address) -> None:
        """Traffic waits for no judgement."""
        turn_id = entered(ledger)
        with closing(Ledger.open(db, busy_ms=200)) as proxy, ledger.claim("k", 9), proxy.transaction():
            assert proxy.open_call(call(kind="continuation"), turn_id)
            assert proxy.open_turn(turn("another"))

    def test_it_is_found_without_a_look_at_what_is_judged(
        self, ledger: Ledger, db: Address, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However much that is."""
        with ledger.transaction():
            ids = [ledger.open_turn(turn(f"question {number}")) for number in range(600)]
        ledger.judge([judgement(turn_id, classifier="k") for turn_id in ids[:500]])
        rows(db, "ANALYZE")
        run: list[tuple[str, Any]] = []
        execute = Postgres.execute

        def noting(connection: Postgres, sql: str, values: Any = (), /) -> Any:
            run.append((sql, values))
            return execute(connection, sql, values)

        monkeypatch.setattr(Postgres, "execute", noting)
        with ledger.claim("k", 8) as turns:
            assert len(turns) == 8
        monkeypatch.undo()
        ((sql, values),) = [each for each in run if "SKIP LOCKED" in each[0]]
        plan = "\n".join(line for (line,) in ledger._connection.execute(f"EXPLAIN {sql}", values))
        assert "turns_with_text" in plan
        assert "Join" not in plan

    def test_what_is_judged_in_a_claim_is_stored_with_its_end(self, ledger: Ledger, db: Address) -> None:
        turn_id = entered(ledger)
        with ledger.claim("k", 9):
            assert ledger.judge([judgement(turn_id, classifier="k")]) == 1
            assert rows(db, "SELECT count(*) FROM judgements") == [(0,)]
        assert rows(db, "SELECT count(*) FROM judgements") == [(1,)]


class TestAlone:
    """What a proxy looks up and writes is one step for all others."""

    def test_the_second_waits_for_the_first(self, ledger: Ledger, db: Address) -> None:
        """And then sees what it wrote."""
        found: list[object] = []

        def second() -> None:
            with closing(Ledger.open(db)) as other, other.transaction():
                found.append(other.traces.of_ask("a" * 16))

        thread = threading.Thread(target=second)
        with ledger.transaction():
            thread.start()
            while not rows(db, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                assert thread.is_alive()
            turn_id = ledger.open_turn(turn())
        thread.join()
        assert getattr(found[0], "turn_id", None) == turn_id

    def test_it_does_not_wait_for_ever(self, ledger: Ledger, db: Address) -> None:
        with (
            closing(Ledger.open(db, busy_ms=50)) as other,
            ledger.transaction(),
            pytest.raises(LedgerBusy, match="try again later"),
        ):
            entered(other)
        with ledger.transaction():
            pass


class TestAway:
    """A server that is gone is "not now"."""

    def test_the_next_write_connects_again(self, ledger: Ledger, db: Address) -> None:
        cut_off(db)
        with pytest.raises(LedgerError, match="cannot be reached"):
            ledger.open_turn(turn())
        assert ledger.open_turn(turn())

    def test_a_transaction_that_broke_writes_nothing(self, ledger: Ledger, db: Address) -> None:
        """Not even what comes after the break."""

        def write() -> None:
            with ledger.transaction():
                ledger.open_turn(turn())
                cut_off(db)
                for _ in range(2):
                    with pytest.raises(LedgerError):
                        ledger.open_turn(turn())

        with pytest.raises(LedgerError, match="cannot be reached"):
            write()
        assert rows(db, "SELECT count(*) FROM turns") == [(0,)]

    def test_nobody_there(self, server: Server) -> None:
        """Said with the reason, without the password."""
        away = Address(f"postgresql://assay:hunter2@/ledger?host={server.folder}/nowhere")
        with pytest.raises(LedgerError, match="cannot be reached") as refusal:
            Ledger.open(away)
        assert not isinstance(refusal.value, WrongLedger)
        assert "hunter2" not in str(refusal.value)

    def test_no_such_database(self, server: Server) -> None:
        with pytest.raises(LedgerError, match="does not exist"):
            Ledger.open(server.address("none"))


class TestRights:
    """A role may do what it was granted."""

    @pytest.fixture
    def reader(self, ledger: Ledger, server: Server, db: Address) -> Address:
        name = str(db).partition("?")[0].rpartition("/")[2]
        for statement in (
            "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            "GRANT USAGE ON SCHEMA public TO reader",
            "GRANT SELECT ON usage_by_team_week, coverage TO reader",
        ):
            server.run(statement, name)
        return server.address(name, "reader")

    def test_views_can_be_read_without_what_they_stand_on(self, reader: Address) -> None:
        assert rows(reader, "SELECT count(*) FROM usage_by_team_week") == [(0,)]
        with pytest.raises(LedgerError, match="does not give this role the right"):
            rows(reader, "SELECT * FROM turns")

    def test_the_right_outlives_a_changed_view(self, reader: Address, db: Address) -> None:
        with closing(straight(db)) as connection:
            connection.execute("COMMENT ON VIEW coverage IS 'of an older Assay'")
        Ledger.open(db).close()
        assert rows(reader, "SELECT count(*) FROM coverage") == [(1,)]


class TestRefusals:
    """What will become no ledger."""

    def test_another_programs_database(self, db: Address) -> None:
        with closing(straight(db)) as connection:
            connection.execute("CREATE TABLE songs (title TEXT)")
        with pytest.raises(WrongLedger, match="another program's database"):
            Ledger.open(db)

    def test_a_database_that_is_not_in_utf_8(self, server: Server) -> None:
        server.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
        with pytest.raises(WrongLedger, match="is in LATIN1: make one with UTF8"):
            Ledger.open(server.address("latin"))

    def test_other_keys_than_the_first_hosts(self, ledger: Ledger, tmp_path: object) -> None:
        """Or one person had two pseudonyms."""
        from pathlib import Path

        own, other = Key(b"a" * 32), Key(b"b" * 32)
        ledger.hold_to(own, Path("here.key"))
        ledger.hold_to(own, Path("here.key"))
        with pytest.raises(WrongLedger, match=r"the keys in there\.key are not those of the other hosts"):
            ledger.hold_to(other, Path("there.key"))


def test_any_text_can_be_written(ledger: Ledger, db: Address) -> None:
    """NUL and half a pair of surrogates come in JSON, and PostgreSQL takes neither."""
    ledger.open_turn(turn("a\0b", client="c\0", team="d\ud800"))
    assert rows(db, "SELECT client, team FROM turns") == [("c?", "d?")]
