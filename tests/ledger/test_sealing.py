"""Text that waits is in no file in clear, and only its own row and period open it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.keys import Keys, key_file
from ledger.records import Message
from ledger.sealing import MARK, Binding, LostText, Sealing
from ledger.store import Ledger
from tests.ledger.facts import entered, everything, judgement, words

OCTOBER = 1_791_300_000.0
MONDAY = Binding("2026-11-23T09:00:00.000Z", "p" * 16, "c" * 16)
NEXT_PERIOD = "2027-01-04T09:00:00.000Z"


@pytest.fixture
def keys(db: Path) -> Keys:
    return Keys.load_or_create(key_file(db), now=OCTOBER)


def test_what_is_sealed_is_opened_and_never_sealed_alike(keys: Keys, db: Path) -> None:
    """Any text, with its lone surrogates gone before."""
    sealing = Sealing(db, keys)
    for text in ("", "Größe 🙂", "x" * 100_000, MARK):
        one, two = sealing.seal(text, MONDAY, "text"), sealing.seal(text, MONDAY, "text")
        assert one != two
        assert one.startswith(MARK)
        assert one.isascii()
        assert sealing.open(one, MONDAY, "text") == sealing.open(two, MONDAY, "text") == text
        assert Sealing(db).open(one, MONDAY, "text") == text


@pytest.mark.parametrize(
    "other",
    [
        replace(MONDAY, at="2026-11-23T09:00:00.001Z"),
        replace(MONDAY, at=NEXT_PERIOD),
        replace(MONDAY, person="q" * 16),
        replace(MONDAY, conversation="d" * 16),
    ],
)
def test_another_row_does_not_open_it(keys: Keys, db: Path, other: Binding) -> None:
    sealing = Sealing(db, keys)
    sealed = sealing.seal("a secret", MONDAY, "text")
    with pytest.raises(LostText):
        sealing.open(sealed, other, "text")
    with pytest.raises(LostText):
        sealing.open(sealed, MONDAY, "context")


@pytest.mark.parametrize("changed", ["", "AAAA", "not base64!", "ÄÖ", "A" * 200])
def test_what_was_changed_is_lost(keys: Keys, db: Path, changed: str) -> None:
    with pytest.raises(LostText) as lost:
        Sealing(db, keys).open(MARK + changed, MONDAY, "text")
    assert str(lost.value) == ""


def test_a_destroyed_key_opens_nothing_and_the_next_one_its_own(keys: Keys, db: Path) -> None:
    sealing, later = Sealing(db, keys), replace(MONDAY, at=NEXT_PERIOD)
    old, new = sealing.seal("old", MONDAY, "text"), sealing.seal("new", later, "text")
    assert keys.destroy_before(NEXT_PERIOD)
    with pytest.raises(LostText):
        sealing.open(old, MONDAY, "text")
    assert sealing.open(new, later, "text") == "new"


def test_reading_makes_no_key_file(db: Path) -> None:
    """A lost one would look as if it were there."""
    with pytest.raises(LostText):
        Sealing(db).open(MARK + "A" * 64, MONDAY, "text")
    assert not key_file(db).exists()


def test_keys_that_cannot_be_read_lose_nothing(keys: Keys, db: Path) -> None:
    """Others' rights on the file are taken away, and the text is read then."""
    sealed = Sealing(db, keys).seal("a secret", MONDAY, "text")
    key_file(db).chmod(0o644)
    with pytest.raises(LedgerError, match="can be read by others"):
        Sealing(db).open(sealed, MONDAY, "text")


def test_text_that_waits_is_nowhere_in_clear(ledger: Ledger, db: Path) -> None:
    """In no file of the ledger's folder, and it comes back whole."""
    context = (Message("user", "CANARY before"), Message("assistant", "CANARY answer"))
    turn_id = entered(ledger, "CANARY now \ud83d", context=context)
    assert b"CANARY" not in everything(db.parent)
    (waiting,) = ledger.unjudged("test-1", 9)
    assert (waiting.text, waiting.context, waiting.lost) == ("CANARY now ?", context, False)
    with closing(Ledger.read(db)) as reading:
        kept = reading.personal.kept(turn_id)
    assert kept is not None
    assert kept.text == "CANARY now ?"
    ledger.judge([judgement(turn_id)], keep_text_seconds=3600)
    assert words(db) == ["CANARY now ?"]
    assert b"CANARY" not in everything(db.parent)


def test_text_of_an_older_assay_is_read_as_it_is(ledger: Ledger) -> None:
    """Until it is judged."""
    entered(ledger)
    ledger._connection.execute("""UPDATE turns SET text = 'plain', context = '[{"role": "user", "text": "old"}]'""")
    (waiting,) = ledger.unjudged("test-1", 9)
    assert (waiting.text, waiting.context) == ("plain", (Message("user", "old"),))


def test_a_text_that_is_missing_is_lost(ledger: Ledger) -> None:
    """As after a repair that could not read it; its turn is judged without."""
    turn_id = entered(ledger)
    ledger._connection.execute("DELETE FROM texts")
    (waiting,) = ledger.unjudged("test-1", 9)
    assert (waiting.text, waiting.lost) == ("", True)
    assert ledger.judge([judgement(turn_id)]) == 1
    assert ledger.unjudged("test-1", 9) == []


def test_lost_text_holds_up_nobody(db: Path) -> None:
    """Under another key each turn still comes to its judgement, and later ones with their text."""
    with closing(Ledger.open(db)) as ledger:
        entered(ledger, "old", context=(Message("user", "before"),))
    key_file(db).unlink()
    with closing(Ledger.open(db)) as ledger:
        entered(ledger, "new")
        lost, new = ledger.unjudged("test-1", 9)
        assert (lost.text, lost.context, lost.lost) == ("", (), True)
        assert (new.text, new.lost) == ("new", False)
        assert ledger.traces.nearby("0" * 16, "openai-python/1", "", "what was old and new") is not None
        ledger.judge([judgement(lost.id), judgement(new.id)])
        assert ledger.unjudged("test-1", 9) == []
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("SELECT text FROM turns").fetchall() == [(None,), (None,)]
