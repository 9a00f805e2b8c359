"""What is written is found again, once, and text is gone when it has been judged."""

import random
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.records import Message
from ledger.sealing import Binding, Column, Sealing
from ledger.settling import MARGIN
from ledger.store import Ledger, LedgerError
from tests.ledger.facts import answer, call, entered, everything, judgement, turn, words
from tests.ledger.judging import BATCH, CLASSIFIER
from tests.ledger.straight import REFUSED, rows, straight


def test_the_files_are_their_owners_alone(ledger: Ledger, db: Path) -> None:
    """All that lies there has mode 0600, and the folder that was made has 0700."""
    entered(ledger)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in db.parent.iterdir()}
    assert modes == dict.fromkeys(("usage.db", "usage.db-wal", "usage.db-shm", "usage.db.key", "usage.db.calls"), 0o600)
    assert stat.S_IMODE(db.parent.stat().st_mode) == 0o700


def test_others_lose_their_rights_on_a_ledger_that_was_there(db: Path) -> None:
    """An operator's loose umask, or a copy, does not lay it open."""
    Ledger.open(db).close()
    db.chmod(0o644)
    Ledger.open(db).close()
    assert stat.S_IMODE(db.stat().st_mode) == 0o600


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    """It is not ours."""
    tmp_path.chmod(0o755)
    Ledger.open(tmp_path / "usage.db").close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_the_connection_is_safe(ledger: Ledger) -> None:
    """Write-ahead log, deleted text overwritten, references held, no temporary files, other writers waited for."""
    pragmas = ["journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store", "busy_timeout"]
    found = {name: ledger._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "secure_delete": 1,
        "foreign_keys": 1,
        "temp_store": 2,
        "busy_timeout": 5000,
    }
    assert ledger._connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_a_turn_is_given_back_for_its_judgement(ledger: Ledger) -> None:
    """With its text and the conversation before it."""
    context = (Message("user", "Who are you?"), Message("assistant", 'A "stand-in"'))
    turn_id = ledger.open_turn(turn("Wer sind Sie?", person="p" * 16, team=None, context=context))
    (pending,) = ledger.unjudged("any", limit=10)
    assert (pending.id, pending.person, pending.team, pending.conversation) == (turn_id, "p" * 16, None, "c" * 16)
    assert (pending.text, pending.context) == ("Wer sind Sie?", context)


def test_a_call_is_open_until_its_answer_closes_it(ledger: Ledger, db: Path) -> None:
    """What is not known yet is NULL, not 0."""
    facts = (
        "SELECT complete, http_status, response_bytes, model, input_tokens, output_tokens, usage_estimated, ttft_ms,"
        " duration_ms FROM calls"
    )
    call_id = ledger.open_call(call(), ledger.open_turn(turn()))
    assert rows(db, facts) == [(0, None, None, "small", None, None, 0, None, None)]
    ledger.close_call(call_id, answer(model="small-2026"))
    assert rows(db, facts) == [(1, 200, 900, "small-2026", 10, 30, 0, 40.0, 100.0)]


def test_a_model_that_the_answer_does_not_name_stays_as_asked(ledger: Ledger, db: Path) -> None:
    """A stream that breaks off reports none."""
    ledger.close_call(ledger.open_call(call(), ledger.open_turn(turn())), answer(model=None))
    assert rows(db, "SELECT model FROM calls") == [("small",)]


def test_what_cannot_be_read_is_a_call_without_a_turn(ledger: Ledger, db: Path) -> None:
    """It is counted all the same."""
    ledger.open_call(call(kind="unreadable", model=None, streamed=None), None)
    assert rows(db, "SELECT turn_id, kind, model, streamed FROM calls") == [(None, "unreadable", None, None)]


def test_a_transaction_is_all_or_nothing(ledger: Ledger, db: Path) -> None:
    """A fault in the block undoes what the block wrote, and the next block works."""

    def fail() -> None:
        with ledger.transaction():
            ledger.open_turn(turn())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert rows(db, "SELECT count(*) FROM turns") == [(0,)]
    with ledger.transaction():
        ledger.open_turn(turn())
    assert rows(db, "SELECT count(*) FROM turns") == [(1,)]


def test_half_a_surrogate_pair_does_not_stop_the_ledger(ledger: Ledger, db: Path) -> None:
    """JSON can carry one in any text; a database cannot."""
    half = "a\ud83db"
    context = (Message("user", half),)
    turn_id = ledger.open_turn(turn(half, client=half, team=half, context=context))
    ledger.close_call(ledger.open_call(call(model=half, client=half, assistant=half), turn_id), answer(model=half))
    (pending,) = ledger.unjudged("any", limit=1)
    assert (pending.text, pending.team, pending.context) == ("a?b", "a?b", (Message("user", "a?b"),))
    assert rows(db, "SELECT model, client, assistant FROM calls") == [("a?b",) * 3]


class TestJudging:
    """Each turn once by each classifier."""

    def test_what_waits_comes_oldest_first_and_in_slices(self, ledger: Ledger) -> None:
        """`after` goes on behind a turn that cannot be judged."""
        ids = [entered(ledger, f"question {number}") for number in range(5)]
        assert [waiting.id for waiting in ledger.unjudged("test-1", limit=2)] == ids[:2]
        assert [waiting.id for waiting in ledger.unjudged("test-1", limit=9, after=ids[1])] == ids[2:]

    def test_a_judgement_is_stored_as_it_is(self, ledger: Ledger, db: Path) -> None:
        """Reasons are JSON; the language goes to the turn."""
        turn_id = entered(ledger)
        assert ledger.judge([judgement(turn_id, work=None, duplicate_of=7, lang="de", reasons=("größer",))]) == 1
        (row,) = rows(db, "SELECT * FROM judgements")
        assert row[:10] == (turn_id, "test-1", "2026-11-23T09:00:02.000Z", 3, 2.9, 0.0, 0.0, 0.2, 0.7, 0.1)
        assert row[10:] == ("writing", None, 1.0, 1.0, 7, '["größer"]')
        assert rows(db, "SELECT lang FROM turns") == [("de",)]

    def test_the_text_goes_with_its_judgement(self, ledger: Ledger, db: Path) -> None:
        """And the turn waits for nobody any more."""
        first, second = entered(ledger, "one", context=(Message("user", "before"),)), entered(ledger, "two")
        ledger.judge([judgement(first)])
        assert words(db) == [None, "two"]
        assert rows(db, "SELECT context FROM turns ORDER BY id") == [(None,), (None,)]
        assert [waiting.id for waiting in ledger.unjudged("other", limit=9)] == [second]

    def test_the_second_judgement_by_a_classifier_is_ignored(self, ledger: Ledger, db: Path) -> None:
        """Another classifier's is not: history grows, and is not overwritten."""
        turn_id = entered(ledger)
        assert ledger.judge([judgement(turn_id, level=3)]) == 1
        assert ledger.judge([judgement(turn_id, level=1), judgement(turn_id, level=2, classifier="test-2")]) == 1
        assert rows(db, "SELECT classifier, level FROM judgements") == [("test-1", 3), ("test-2", 2)]

    def test_a_judgement_of_a_turn_that_is_no_more_is_ignored(self, ledger: Ledger, db: Path) -> None:
        """It may have been deleted in the meantime; the rest of the batch is stored."""
        turn_id = entered(ledger)
        assert ledger.judge([judgement(turn_id + 1), judgement(turn_id)]) == 1
        assert rows(db, "SELECT turn_id FROM judgements") == [(turn_id,)]

    def test_a_batch_is_stored_whole_or_not_at_all(self, ledger: Ledger, db: Path) -> None:
        """A level that the rubric does not know is a bug, and shows as one."""
        ids = [entered(ledger), entered(ledger)]
        with pytest.raises(REFUSED):
            ledger.judge([judgement(ids[0]), judgement(ids[1], level=9)])
        assert rows(db, "SELECT count(*) FROM judgements") == [(0,)]
        assert len(ledger.unjudged("test-1", limit=9)) == 2

    def test_kept_text_stays_until_its_time_is_over(self, ledger: Ledger, db: Path) -> None:
        """Seconds count from the first judgement; another classifier may use the text until then."""
        turn_id = entered(ledger)
        ledger.judge([judgement(turn_id)], keep_text_seconds=60)
        ledger.judge([judgement(turn_id, classifier="test-2", at="2026-11-23T09:00:30.000Z")], keep_text_seconds=60)
        assert rows(db, "SELECT text_expires_at, lang FROM turns") == [("2026-11-23T09:01:02.000Z", "en")]
        assert ledger.unjudged("test-1", limit=9) == []
        assert len(ledger.unjudged("test-3", limit=9)) == 1
        assert ledger.expire_text("2026-11-23T09:01:01.999Z") == 0
        assert ledger.expire_text("2026-11-23T09:01:02.000Z") == 1
        assert rows(db, "SELECT text, context, text_expires_at FROM turns") == [(None, None, None)]

    def test_text_that_waits_for_its_judgement_does_not_expire(self, ledger: Ledger) -> None:
        """However long the classifier is away."""
        entered(ledger)
        assert ledger.expire_text("9999-01-01T00:00:00.000Z") == 0


class Unsealed(Sealing):
    """Stores text as an older Assay did, so that any piece of it can be told in a file."""

    def seal(self, words: str, binding: Binding, column: Column) -> str:
        return words


class TestSettling:
    """Deleted text is nowhere in the files."""

    @pytest.mark.parametrize("keep_text_seconds", [0, 60])
    def test_no_byte_of_a_deleted_text_is_left(self, ledger: Ledger, db: Path, keep_text_seconds: float) -> None:
        """Texts of all sizes, judged out of order, while others wait; looked for in every file of the folder."""
        chance = random.Random(5)
        ledger._sealing = Unsealed(db)
        waiting: dict[int, bytes] = {}
        gone: set[bytes] = set()
        for _ in range(80):
            for _ in range(chance.randint(0, 16)):
                canary = f"CANARY{chance.getrandbits(64):016x}"
                text = f"{canary} " * chance.choice([1, 1, 2, 8, 20, 60, 250])
                context = (Message("user", text), Message("assistant", text)) if chance.random() < 0.5 else ()
                waiting[entered(ledger, text, context=context)] = canary.encode()
            batch = chance.sample(sorted(waiting), len(waiting) // 2)
            ledger.judge([judgement(turn_id) for turn_id in batch], keep_text_seconds)
            ledger.expire_text("2026-11-23T09:01:02.000Z")
            gone |= {waiting.pop(turn_id) for turn_id in batch}
            assert ledger.settle()
            found = set(re.findall(rb"CANARY[0-9a-f]{16}", everything(db.parent)))
            assert not found & gone
            assert found == set(waiting.values())

    def test_room_is_closed_up(self, ledger: Ledger, db: Path) -> None:
        """Texts that are deleted leave free pages, but for some next to one that waits."""
        for _ in range(20):
            ids = [entered(ledger, "much to read " * 60) for _ in range(50)]
            ledger.judge([judgement(turn_id) for turn_id in ids])
        entered(ledger, "and one that waits")
        pages = "SELECT sum(pgsize) / 4096 FROM dbstat WHERE name = 'texts'"
        assert rows(db, pages)[0][0] > 250
        assert ledger.settle()
        assert rows(db, "SELECT count(*) FROM texts") == [(MARGIN + 1,)]
        assert rows(db, pages)[0][0] < 150
        ledger.judge([judgement(1001)])
        assert ledger.settle()
        assert rows(db, "SELECT count(*) FROM texts") == [(0,)]
        assert rows(db, "SELECT count(*), min(id), max(id) FROM turns") == [(1001, 1, 1001)]

    def test_rows_do_not_grow_when_they_are_judged(self, ledger: Ledger) -> None:
        """Or pages are split, and half of their room is left empty."""
        for _ in range(20):
            ids = [entered(ledger, "much to read " * 60) for _ in range(50)]
            ledger.judge([judgement(turn_id) for turn_id in ids])
        (used,) = ledger._connection.execute(
            "SELECT 1 - 1.0 * sum(unused) / sum(pgsize) FROM dbstat WHERE name = 'turns' AND pagetype = 'leaf'"
        ).fetchone()
        assert used > 0.8

    def test_the_log_is_emptied_but_for_a_reader(self, ledger: Ledger, db: Path) -> None:
        """While somebody reads an older state the log stays; afterwards it goes, and then there is nothing to do."""
        entered(ledger)
        reader = straight(db)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM turns").fetchone()
        entered(ledger)
        assert not ledger.settle()
        reader.close()
        assert ledger.settle()
        assert db.with_name("usage.db-wal").stat().st_size == 0
        assert ledger.settle()
        assert ledger._connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)

    def test_a_ledger_without_a_log_is_settled(self, ledger: Ledger, db: Path) -> None:
        """Somebody may have taken it away, or SQLite has."""
        ledger._connection.execute("PRAGMA journal_mode = DELETE")
        assert not db.with_name("usage.db-wal").exists()
        assert ledger.settle()


class TestProcesses:
    """Exactly once, whoever dies and however many work."""

    def start(self, db: Path, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.judging", str(db), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def test_two_judges_at_once_judge_each_turn_once(self, ledger: Ledger, db: Path) -> None:
        """What both say they did adds up to what there was."""
        for number in range(200):
            entered(ledger, f"question {number}")
        judges = [self.start(db), self.start(db)]
        new = [int(judge.communicate(timeout=60)[0]) for judge in judges]
        assert [judge.returncode for judge in judges] == [0, 0]
        assert sum(new) == 200
        assert rows(db, "SELECT count(*), count(DISTINCT turn_id) FROM judgements") == [(200, 200)]

    def test_a_judge_killed_in_mid_batch_leaves_nothing_half_done(self, ledger: Ledger, db: Path) -> None:
        """The batch is judged by the next one; text is there exactly as long as its judgement is not."""
        ids = [entered(ledger, f"question {number}") for number in range(2 * BATCH)]
        for _ in range(5):
            judge = self.start(db, "halt")
            assert judge.stdout is not None
            assert judge.stdout.readline() == "halted\n"
            judge.kill()
            judge.communicate(timeout=60)
            assert rows(db, "SELECT count(*) FROM judgements") == [(0,)]
            assert len(ledger.unjudged(CLASSIFIER, limit=100)) == len(ids)
            with ledger.transaction():  # the dead judge holds no lock
                ids.append(ledger.open_turn(turn("and another")))
        assert int(self.start(db).communicate(timeout=60)[0]) == len(ids)
        assert rows(db, "SELECT count(*), count(DISTINCT turn_id) FROM judgements") == [(len(ids), len(ids))]
        assert rows(db, "SELECT count(*) FROM turns WHERE text IS NOT NULL") == [(0,)]


class TestRefusals:
    """Each in one sentence that names the file and says what to do."""

    def refusal(self, act: Callable[[], object]) -> str:
        with pytest.raises(LedgerError) as refusal:
            act()
        sentence = str(refusal.value)
        assert "\n" not in sentence
        return sentence

    def test_a_folder(self, tmp_path: Path) -> None:
        """A file in it is suggested."""
        assert f"--db {tmp_path}/usage.db" in self.refusal(lambda: Ledger.open(tmp_path))

    def test_a_place_where_nothing_can_be_made(self, tmp_path: Path) -> None:
        """The system's own reason is given."""
        (tmp_path / "file").touch()
        assert "not a directory" in self.refusal(lambda: Ledger.open(tmp_path / "file" / "usage.db"))

    def test_what_is_no_database(self, db: Path) -> None:
        """It is not touched: setting it aside is the operator's."""
        db.parent.mkdir()
        db.write_bytes(b"minutes of the meeting " * 100)
        assert f"assay ledger repair --db {db}" in self.refusal(lambda: Ledger.open(db))
        assert f"assay ledger repair --db {db}" in self.refusal(lambda: Ledger.read(db))
        assert db.read_bytes().startswith(b"minutes of the meeting ")

    def test_a_damaged_ledger(self, ledger: Ledger, db: Path) -> None:
        """Found when the damaged page is read."""
        for number in range(50):
            entered(ledger, f"question {number} " * 20)
        ledger.close()  # to be closed again by its fixture, which does no harm
        with db.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (db.stat().st_size - 4096))

        def ask() -> None:
            damaged = Ledger.open(db)
            with closing(damaged):
                damaged.traces.of_ask("a")

        assert "corrupt" in self.refusal(ask)

    def test_another_programs_database(self, db: Path) -> None:
        """Nothing is written into it."""
        db.parent.mkdir()
        rows(db, "CREATE TABLE songs (title)")
        assert "another program's database" in self.refusal(lambda: Ledger.open(db))
        assert rows(db, "SELECT name FROM sqlite_master") == [("songs",)]

    def test_a_locked_ledger(self, ledger: Ledger, db: Path) -> None:
        """Said when the wait is over; the block's own faults are told from it."""
        ledger._connection.execute("PRAGMA busy_timeout = 1")
        other = straight(db)
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in self.refusal(lambda: entered(ledger))
        other.close()
        entered(ledger)

    def test_a_full_disk(self, ledger: Ledger, db: Path) -> None:
        """The transaction is undone, and once there is room it can be tried again."""
        ledger._connection.execute("PRAGMA max_page_count = 30")

        def fill() -> None:
            with ledger.transaction():
                for _ in range(100):
                    ledger.open_turn(turn("much " * 1000))

        assert "is full: make room" in self.refusal(fill)
        assert rows(db, "SELECT count(*) FROM turns") == [(0,)]
        ledger._connection.execute("PRAGMA max_page_count = 1000000")
        fill()

    def test_a_ledger_that_cannot_be_written(self, ledger: Ledger) -> None:
        """As on a disk that was mounted read-only."""
        ledger._connection.execute("PRAGMA query_only = ON")
        assert "cannot be written" in self.refusal(lambda: ledger.open_turn(turn()))


class TestTeamOfTheDay:
    """A person's first team of a day is that of all the day's later turns, so that nobody flickers between two."""

    def test_it_is_kept_until_midnight(self, ledger: Ledger, db: Path) -> None:
        """UTC, also by who is found in none later."""
        for at, team in (
            ("24T00:00:00.000Z", None),
            ("24T00:00:01.000Z", "Sales"),
            ("24T12:00:00.000Z", None),
            ("24T23:59:59.999Z", "Legal"),
            ("25T00:00:00.000Z", "Legal"),
        ):
            entered(ledger, at=f"2026-11-{at}", team=team)
        assert rows(db, "SELECT team FROM turns ORDER BY at") == [
            (None,),
            ("Sales",),
            ("Sales",),
            ("Sales",),
            ("Legal",),
        ]

    def test_it_is_each_persons_own(self, ledger: Ledger, db: Path) -> None:
        """Whatever team others are in."""
        for person, team in (("1", "Sales"), ("2", "Legal"), ("1", "Legal")):
            entered(ledger, person=person * 16, team=team)
        assert rows(db, "SELECT team FROM turns ORDER BY id") == [("Sales",), ("Legal",), ("Sales",)]
