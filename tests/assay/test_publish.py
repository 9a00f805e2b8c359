"""`assay publish` closes weeks, says what waits, writes the file for admins, and never lowers a smallest group."""

import sqlite3
import stat
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from ledger.store import Ledger
from tests.assay.running import assay
from tests.ledger.facts import entered, everything, judged

PERSON = "feedfacefeedface"


def monday(weeks_ago: int) -> str:
    today = date.today()
    return (today - timedelta(days=today.weekday(), weeks=weeks_ago)).isoformat()


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "usage.db"
    with closing(Ledger.open(path)) as ledger:
        for weeks in (3, 1):
            judged(ledger, 6, at=f"{monday(weeks)}T09:00:00.000Z")
            judged(ledger, 1, person=PERSON, team="One", at=f"{monday(weeks)}T09:00:00.000Z")
        judged(ledger, 6, at=f"{monday(0)}T00:00:00.000Z")
    return path


def test_it_says_what_it_closed_and_what_was_withheld(db: Path, tmp_path: Path) -> None:
    """Not how much was. A second run has nothing to do, and the running week is not closed."""
    first, second = (assay("publish", "--db", db, home=tmp_path) for _ in range(2))
    closed = "is closed: 7 rows are published, and some turns are withheld, as they are of too few people"
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == f"the week of {monday(3)} {closed}\nthe week of {monday(1)} {closed}\n"
    assert second.stdout == "no week is to be closed: the running one is when it is over\n"


def test_it_says_what_waits_and_why(db: Path, tmp_path: Path) -> None:
    """And until when."""
    with closing(Ledger.open(db)) as ledger:
        entered(ledger, at=f"{monday(1)}T09:00:00.000Z")
    done = assay("publish", "--db", db, home=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == [
        f"the week of {monday(1)} waits: 1 turn has no judgement yet (assay classify --once). "
        f"From {monday(-1)} on it is closed without"
    ]


def test_the_file_for_admins_holds_nobodys_rows(db: Path, tmp_path: Path) -> None:
    """Its views say what the ledger's say of closed weeks. It is its owner's alone, and written anew each time."""
    to = tmp_path / "aggregates" / "published.db"
    for _ in range(2):
        done = assay("publish", "--db", db, "--to", to, home=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert [file.name for file in to.parent.iterdir()] == ["published.db"]
    with closing(sqlite3.connect(to)) as copy, closing(sqlite3.connect(db)) as ledger:
        names = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == {"published", "weeks", "outcomes"}
        for by in ("team_week", "week", "category_week", "assistant_week", "model_week"):
            query = f"SELECT * FROM usage_by_{by}"
            rows = [row for row in ledger.execute(query) if monday(0) not in row]
            assert copy.execute(query).fetchall() == rows != []
        assert copy.execute("SELECT judged FROM coverage").fetchall() == [(1.0,)]
    assert PERSON.encode() not in everything(to.parent)


def test_another_file_is_not_replaced(db: Path, tmp_path: Path) -> None:
    """Least of all the ledger."""
    done = assay("publish", "--db", db, "--to", db, home=tmp_path)
    assert (done.returncode, done.stderr) == (
        1, f"assay: {db} is no file of aggregates: name another one with --to\n",
    )  # fmt: skip


def test_a_smallest_group_is_never_lowered(db: Path, tmp_path: Path) -> None:
    """In one sentence; what is left out stays as it is."""

    def run(people: str | None) -> tuple[int, str]:
        changes = {} if people is None else {"ASSAY_PRIVACY__MIN_GROUP": people}
        done = assay("publish", "--db", db, home=tmp_path, **changes)
        return done.returncode, done.stderr

    assert run("7") == (0, "")
    assert run(None) == (0, "")
    assert run("6") == (
        2,
        "assay: privacy.min_group is 6, but this ledger was promised 7, which is never lowered: set it to 7 or more, "
        "or leave it out\n",
    )
    code, said = run("4")
    assert code == 2
    assert "ASSAY_PRIVACY__MIN_GROUP must be a whole number of people, 5 or more" in said
