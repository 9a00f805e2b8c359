"""`assay classify` judges what waits, and keeps no text for longer than the settings say."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.records import Turn, utc
from ledger.store import Ledger
from tests.assay.running import assay, running, wait_until
from tests.ledger.facts import words

TEXT = "draft the safety section of our permit application"


def ledger_with_a_turn(path: Path, text: str = TEXT) -> None:
    with closing(Ledger.open(path)) as ledger, ledger.transaction():
        ledger.open_turn(
            Turn(
                at=utc(1_800_000_000),
                person="p",
                team=None,
                identity_source="address",
                assistant="OpenAI",
                client=None,
                conversation="c",
                ask=str(len(text)),
                prompt_chars=len(text),
                text=text,
            )
        )


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_once_judges_what_waits_and_deletes_its_text(tmp_path: Path) -> None:
    ledger = tmp_path / "usage.db"
    ledger_with_a_turn(ledger)
    done = assay("classify", "--once", "--db", ledger, home=tmp_path)
    assert done.returncode == 0
    assert "1 turns judged, 0 of them by rules" in done.stderr
    assert rows(ledger, "SELECT count(*) FROM judgements") == [(1,)]
    assert rows(ledger, "SELECT text FROM turns") == [(None,)]
    assert not any(TEXT.encode() in file.read_bytes() for file in tmp_path.glob("usage.db*"))


def test_text_is_kept_as_long_as_the_settings_say_and_then_deleted(tmp_path: Path) -> None:
    ledger = tmp_path / "usage.db"
    ledger_with_a_turn(ledger)
    assay("classify", "--once", "--db", ledger, home=tmp_path, ASSAY_LEDGER__KEEP_TEXT_DAYS="7")
    assert words(ledger) == [TEXT]
    ledger_with_a_turn(ledger, "another")
    with running("classify", "--db", ledger, home=tmp_path, ASSAY_LEDGER__KEEP_TEXT_DAYS="0.000001"):
        wait_until(lambda: words(ledger) == [TEXT, None])
        assert rows(ledger, "SELECT count(*) FROM judgements") == [(2,)]
