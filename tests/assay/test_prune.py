"""`assay prune` deletes what is due, says what it removed, and what it could not."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from ledger.store import Ledger
from tests.assay.running import assay
from tests.ledger.closing import close_weeks
from tests.ledger.facts import entered


def monday(weeks_ago: int) -> str:
    today = date.today()
    return (today - timedelta(days=today.weekday(), weeks=weeks_ago)).isoformat()


def test_it_says_what_it_removed_and_what_is_kept(tmp_path: Path) -> None:
    """By kind; a second run has nothing to do but says again what is kept."""
    db = tmp_path / "usage.db"
    with closing(Ledger.open(db)) as ledger:
        for weeks in (9, 8, 1):
            entered(ledger, calls=2, at=f"{monday(weeks)}T09:00:00.000Z")
    close_weeks(db, monday(9))
    first, second = (assay("prune", "--db", db, home=tmp_path) for _ in range(2))
    kept = (
        "assay: 1 turns older than retention.turns_days are kept, as their weeks are not published: run assay publish\n"
    )
    assert (first.returncode, first.stdout, first.stderr) == (0, "removed 2 calls, 1 turns\n", kept)
    assert (second.returncode, second.stdout, second.stderr) == (0, "nothing to remove\n", kept)
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("SELECT count(*) FROM turns").fetchone() == (2,)


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    """In one sentence."""
    for name, value, must in (
        ("ASSAY_LEDGER__MAX_SIZE", "2 pounds", 'be a size of at least 50 MB, as "2 GB"'),
        ("ASSAY_LEDGER__MAX_SIZE", "10 MB", 'be a size of at least 50 MB, as "2 GB"'),
        ("ASSAY_RETENTION__TURNS_DAYS", "6", "be a number of days from 7 to 3650"),
        ("ASSAY_RETENTION__PUBLISHED_DAYS", "soon", "be a number of days from 30 to 36500"),
        ("ASSAY_LEDGER__KEEP_TEXT_DAYS", "8", "be a number of days from 0 to 7"),
    ):
        done = assay("prune", "--db", tmp_path / "usage.db", home=tmp_path, **{name: value})
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"assay: the environment's {name} must {must}\n"
