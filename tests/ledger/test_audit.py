"""The audit table: what is entered stays as it was, or `verify` says where it does not."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ledger.audit import Audit
from ledger.errors import LedgerError
from ledger.sql import Connection
from ledger.store import Ledger
from tests.ledger.straight import REFUSED, of_schema, straight, without_guards

SECRET = b"s" * 32
GUARDS = ("audit_keeps_what_it_says", "audit_keeps_its_entries", "audit_replaces_nothing")


@pytest.fixture
def head(tmp_path: Path) -> Path:
    return tmp_path / "usage.db.audit"


@pytest.fixture
def audit(ledger: Ledger, head: Path) -> Audit:
    return ledger.audit(SECRET, head)


@pytest.fixture
def five(audit: Audit) -> Audit:
    for number in range(1, 6):
        audit.append("ana", f"looked at {number}", "they asked")
    return audit


@pytest.fixture
def intruder(ledger: Ledger, db: Path) -> Iterator[Connection]:
    """Somebody with the ledger and without the key, who has taken the guards away."""
    with closing(without_guards(db, "audit", *GUARDS)) as connection:
        yield connection


def test_what_is_entered_is_read_in_order(five: Audit) -> None:
    entries = five.entries()
    assert [(entry.id, entry.who, entry.what, entry.why) for entry in entries] == [
        (number, "ana", f"looked at {number}", "they asked") for number in range(1, 6)
    ]
    assert all(entry.at.endswith("Z") for entry in entries)
    assert five.verify() is None


def test_an_empty_table_is_whole(audit: Audit, head: Path) -> None:
    assert audit.verify() is None
    assert not head.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET why = 'none' WHERE id = 2",
        "UPDATE audit SET hash = NULL",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 5",
        "INSERT OR REPLACE INTO audit SELECT id, at, who, 'nothing', why, hash FROM audit WHERE id = 5",
        "REPLACE INTO audit VALUES (1, 'at', 'who', 'what', 'why', NULL)",
        "INSERT INTO audit SELECT id, at, who, 'nothing', why, hash FROM audit WHERE id = 5"
        " ON CONFLICT (id) DO UPDATE SET what = 'nothing'",
    ],
)
def test_the_ledger_itself_refuses_to_change_entries(five: Audit, db: Path, sql: str) -> None:
    """Whatever program tries."""
    with closing(straight(db)) as other, pytest.raises(REFUSED, match="entries of the audit"):
        other.execute(sql)


def rechained(intruder: Connection, head: Path) -> None:
    """Write the table anew, with a chain under a key of one's own."""
    intruder.execute("DELETE FROM audit")
    forged = Audit(intruder, Path("usage.db"), b"x" * 32, head.with_name("forged"))
    for number in range(1, 6):
        forged.append("ana", f"looked at {number + 10}", "they asked")


def run(*statements: str) -> Callable[[Connection, Path], None]:
    def tampering(intruder: Connection, _: Path) -> None:
        for statement in statements:
            intruder.execute(statement)

    return tampering


SWAP = (
    "UPDATE audit SET id = 99 WHERE id = 2",
    "UPDATE audit SET id = 2 WHERE id = 3",
    "UPDATE audit SET id = 3 WHERE id = 99",
)
TAMPERINGS = {
    "who": (run("UPDATE audit SET who = 'bob' WHERE id = 3"), "at entry 3"),
    "what": (run("UPDATE audit SET what = '' WHERE id = 1"), "at entry 1"),
    "why": (run("UPDATE audit SET why = 'x' WHERE id = 5"), "at entry 5"),
    "time": (run("UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE id = 4"), "at entry 4"),
    "a word moved to the next field": (
        run("UPDATE audit SET who = 'ana' || what, what = '' WHERE id = 2"),
        "at entry 2",
    ),
    "hash": (run("UPDATE audit SET hash = (SELECT hash FROM audit WHERE id = 1) WHERE id = 2"), "at entry 2"),
    "hash not ASCII": (run("UPDATE audit SET hash = 'é' WHERE id = 2"), "at entry 2"),
    "first hash gone": (run("UPDATE audit SET hash = NULL WHERE id = 1"), "at entry 2"),
    "every hash gone": (run("UPDATE audit SET hash = NULL, who = 'bob'"), "entry 5 was cut off"),
    "hash in the middle gone": (run("UPDATE audit SET hash = NULL WHERE id = 3"), "at entry 3"),
    "deleted first": (run("DELETE FROM audit WHERE id = 1"), "at entry 2"),
    "deleted in the middle": (run("DELETE FROM audit WHERE id = 3"), "at entry 4"),
    "closed up after": (
        run("DELETE FROM audit WHERE id = 3", "UPDATE audit SET id = id - 1 WHERE id > 3"),
        "at entry 3",
    ),
    "cut": (run("DELETE FROM audit WHERE id = 5"), "entry 5 was cut off"),
    "cut to nothing": (run("DELETE FROM audit"), "entry 5 was cut off"),
    "inserted": (run("INSERT INTO audit SELECT 6, at, who, what, why, hash FROM audit WHERE id = 5"), "at entry 6"),
    "inserted before": (
        run("INSERT INTO audit SELECT 0, at, who, what, why, NULL FROM audit WHERE id = 5"),
        "at entry 1",
    ),
    "inserted without hash": (
        run("INSERT INTO audit SELECT 6, at, who, what, why, NULL FROM audit LIMIT 1"),
        "at entry 6",
    ),
    "swapped": (run(*SWAP), "at entry 2"),
    "rechained": (rechained, "at entry 1"),
    "dropped": (run("DROP TABLE audit"), "cannot be read"),
    "no text": (
        run(
            "CREATE TABLE loose AS SELECT id, at, who, CAST(x'ff' AS TEXT) AS what, why, hash FROM audit",
            "DROP TABLE audit",
            "ALTER TABLE loose RENAME TO audit",
        ),
        "cannot be read",
    ),
    "other types": (
        run(
            "CREATE TABLE loose AS SELECT 'one' AS id, x'00' AS at, NULL AS who, 1 AS what, why, hash FROM audit",
            "DROP TABLE audit",
            "ALTER TABLE loose RENAME TO audit",
        ),
        "at entry one",
    ),
}


@pytest.mark.parametrize(("tampering", "said"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_caught(
    five: Audit, intruder: Connection, head: Path, tampering: Callable[..., None], said: str
) -> None:
    """The sentence names the first entry that is not as it was entered."""
    tampering(intruder, head)
    found = five.verify()
    assert found is not None
    assert said in found
    assert "\n" not in found


@pytest.mark.parametrize("tampering", ["cut", "cut to nothing", "every hash gone", "rechained"])
def test_what_comes_later_does_not_hide_it(five: Audit, intruder: Connection, head: Path, tampering: str) -> None:
    """A cut tail is not grown over by entries that continue what is left."""
    TAMPERINGS[tampering][0](intruder, head)
    for _ in range(7):
        five.append("ana", "looked again", "they asked")
    assert five.verify() is not None


def test_a_cut_tail_cannot_be_hidden_in_the_head(five: Audit, intruder: Connection, head: Path) -> None:
    """The head has a seal of its own: another entry's digest makes none."""
    intruder.execute("DELETE FROM audit WHERE id = 5")
    (left,) = intruder.execute("SELECT hash FROM audit WHERE id = 4").fetchone()
    sealed = json.loads(head.read_bytes())
    forgeries: tuple[object, ...] = ({**sealed, "id": 4, "hash": left}, {"id": 4, "hash": left}, {}, [], 7, "text")
    for forged in forgeries:
        head.write_text(json.dumps(forged))
        assert "head of the audit table" in str(five.verify())
        five.append("ana", "looked again", "they asked")
        assert "head of the audit table" in str(five.verify())


def test_a_head_that_is_gone_is_missed(five: Audit, intruder: Connection, head: Path) -> None:
    """Nor does a later entry make a new one."""
    head.unlink()
    assert "is missing: restore it" in str(five.verify())
    five.append("ana", "looked again", "they asked")
    assert "is missing: restore it" in str(five.verify())


def test_another_key_finds_the_first_entry_broken(five: Audit, ledger: Ledger, head: Path) -> None:
    assert "head of the audit table" in str(ledger.audit(b"x" * 32, head).verify())
    assert "at entry 1" in str(ledger.audit(b"x" * 32, head.with_name("none")).verify())


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_death_between_entry_and_head_is_no_tampering(
    audit: Audit, head: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """The head is behind by the newest entry then, and the next entry takes it along."""
    for number in range(before):
        audit.append("ana", f"looked at {number}", "they asked")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ledger.audit.write_private", dies)
        with pytest.raises(KeyboardInterrupt):
            audit.append("ana", "looked and died", "they asked")
    assert len(audit.entries()) == before + 1
    assert audit.verify() is None
    audit.append("ana", "looked again", "they asked")
    assert audit.verify() is None
    assert json.loads(head.read_bytes())["id"] == before + 2


def test_entries_of_an_older_assay_begin_the_chain(db: Path, head: Path) -> None:
    """They have no digest of their own, and cannot be changed either once one follows them."""
    of_schema(db, 3)
    with closing(straight(db)) as old:
        old.executemany("INSERT INTO audit VALUES (?, 'at', 'ana', 'looked', 'why')", [(1,), (2,)])
    with closing(Ledger.open(db)) as ledger, closing(without_guards(db, "audit", GUARDS[0])) as intruder:
        audit = ledger.audit(SECRET, head)
        assert audit.verify() is None
        audit.append("ana", "looked", "they asked")
        assert [entry.hash is None for entry in audit.entries()] == [True, True, False]
        assert audit.verify() is None
        intruder.execute("UPDATE audit SET who = 'bob' WHERE id = 2")
        assert "at entry 3" in str(audit.verify())


def test_many_write_at_once(ledger: Ledger, db: Path, head: Path) -> None:
    """Proxy, command line and console: each entry continues the one before, and the head is the newest."""

    def enter(number: int) -> None:
        with closing(Ledger.open(db)) as own:
            for _ in range(5):
                own.audit(SECRET, head).append(f"writer {number}", "looked", "they asked")

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(enter, range(4)))
    audit = ledger.audit(SECRET, head)
    assert len(audit.entries()) == 20
    assert audit.verify() is None
    assert json.loads(head.read_bytes())["id"] == 20


def test_an_entry_and_what_it_speaks_of_are_written_together(audit: Audit, ledger: Ledger) -> None:
    """Or neither is."""
    with pytest.raises(RuntimeError), audit.entry("ana", "forgot", "they left"):
        raise RuntimeError
    assert audit.entries() == []
    assert audit.verify() is None
    with audit.entry("ana", "forgot", "they left"):
        pass
    assert len(audit.entries()) == 1


def test_an_entry_waits_for_the_disk(
    audit: Audit, ledger: Ledger, db: Path, head: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head, which is on the disk, must not name an entry that a power cut takes."""
    synced: list[object] = []
    fsync = os.fsync

    def sync(file: int) -> None:
        synced.append(file)
        fsync(file)

    monkeypatch.setattr("os.fsync", sync)
    with audit.entry("ana", "looked", "they asked"):
        assert ledger._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert len(synced) == 2  # the head and its folder
    assert ledger._connection.execute("PRAGMA synchronous").fetchone() == (1,)
    assert head.stat().st_mode & 0o777 == 0o600
    assert not list(head.parent.glob(".*"))


def test_a_head_that_cannot_be_written_is_said(audit: Audit, head: Path) -> None:
    """Whoever wants to look does not get to see it."""
    head.mkdir()
    with pytest.raises(LedgerError, match=r"the head of the audit table, .* cannot be"):
        audit.append("ana", "looked", "they asked")


def test_any_words_can_be_entered(audit: Audit) -> None:
    """An argument that is no UTF-8 too, and what it holds is what is verified."""
    audit.append("an\udcffa", "\0", "é" * 10_000)
    assert audit.verify() is None
    assert audit.entries()[0].who == "an?a"
