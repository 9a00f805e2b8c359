"""`assay outcomes` as people meet it."""

from contextlib import closing
from pathlib import Path

from ledger.store import Ledger
from tests.assay.running import assay


def test_a_file_is_imported(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("team,week,metric,value\nSales,2026-11-25,changes_merged,4\n", encoding="utf-8")
    done = assay("outcomes", "import", "o.csv", "--db", "usage.db", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Imported 1 outcomes of 1 teams in 1 weeks.\n"), done
    with closing(Ledger.read(tmp_path / "usage.db")) as ledger:
        assert [(one.team, one.week, one.value) for one in ledger.outcomes()] == [("Sales", "2026-11-23", 4.0)]


def test_a_bad_file_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    """All or nothing, with the line, and exit code 2."""
    text = "team,week,metric,value\nSales,2026-11-25,changes_merged,4\nSales,2026-11-25,prompts,4\n"
    (tmp_path / "o.csv").write_text(text, encoding="utf-8")
    done = assay("outcomes", "import", "o.csv", "--db", "usage.db", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("assay: o.csv, line 3: the metric is not known: choose from changes_merged, ")
    with closing(Ledger.read(tmp_path / "usage.db")) as ledger:
        assert ledger.outcomes() == []
