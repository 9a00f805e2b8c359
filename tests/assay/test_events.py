"""`assay events`, and `assay evaluate --contests`."""

from pathlib import Path

from tests.assay.running import assay


def test_events_are_entered_listed_and_removed(tmp_path: Path) -> None:
    db = ("--db", "usage.db")
    assert assay("events", "add", "2026-03-02", "Target: 50 a week", *db, home=tmp_path).stdout == "event 1\n"
    listed = assay("events", "list", *db, home=tmp_path)
    assert (listed.returncode, "Target: 50 a week" in listed.stdout) == (0, True)
    assert assay("events", "remove", "1", *db, home=tmp_path).returncode == 0
    gone = assay("events", "remove", "1", *db, home=tmp_path)
    assert (gone.returncode, "there is no event 1" in gone.stderr) == (1, True)
    for wrong in (("soon", "x"), ("2026-03-02", " ")):
        refused = assay("events", "add", *wrong, *db, home=tmp_path)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_contests_are_told_from_the_ledger(tmp_path: Path) -> None:
    assert assay("events", "add", "2026-03-02", "x", "--db", "usage.db", home=tmp_path).returncode == 0  # makes it
    told = assay("evaluate", "--contests", "--db", "usage.db", home=tmp_path)
    assert (told.returncode, told.stdout.startswith("No level")) == (0, True)
    for wrong in ((), ("--contests", "--data", __file__)):
        refused = assay("evaluate", *wrong, home=tmp_path)
        assert (refused.returncode, "name labelled prompts" in refused.stderr) == (2, True)
