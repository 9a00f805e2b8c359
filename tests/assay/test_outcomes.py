"""`assay outcomes` as people meet it."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.outcomes import Outcome, week_of
from ledger.store import Ledger
from tests.assay.running import assay
from tests.ledger.facts import judged
from tests.reports.outcomes.tracker import Answer, Asked, serving


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


TOKEN = "ghp-a-secret-token"
MAP = '[github]\n"acme/shop" = "*"\n[jira]\nSHOP = "Growth"\n'


def answers(asked: Asked) -> Answer:
    """A repository in which five people merged a change each, last week."""
    if asked.path.endswith("/commits"):
        return Answer([])
    if not asked.path.endswith("/pulls"):
        return Answer([])
    at = (datetime.now(UTC) - timedelta(days=7)).isoformat()
    facts = {"merged_at": at, "updated_at": at}
    return Answer([{"number": n, "user": {"login": f"Person-{n}"}, **facts} for n in range(5)])


def test_github_is_imported(tmp_path: Path) -> None:
    """With the token of the environment and the teams file's teams; no name of a person is said or stored."""
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    names = ", ".join(f'"person-{n}"' for n in range(5))
    (tmp_path / "teams.toml").write_text(f"Growth = [{names}]\n", encoding="utf-8")
    with serving(answers) as served:
        done = assay(
            "outcomes", "import", "github", "--map", "map.toml", "--url", served.url, "--db", "usage.db", home=tmp_path,
            GITHUB_TOKEN=TOKEN, NO_PROXY="127.0.0.1", ASSAY_IDENTITY__TEAMS="teams.toml",
        )  # fmt: skip
        assert {asked.headers["authorization"] for asked in served.asked} == {f"Bearer {TOKEN}"}
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout == "Imported 4 outcomes of 26 weeks from GitHub.\n"
    with closing(Ledger.read(tmp_path / "usage.db")) as ledger:
        (changes, *_) = [one for one in ledger.outcomes() if one.metric == "changes_merged"]
    week = week_of((datetime.now(UTC) - timedelta(days=7)).date())
    assert changes == Outcome("Growth", week, "changes_merged", 5.0, "github:127.0.0.1", 5, "changes")


def test_a_refusal_ends_the_import_without_the_token(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    with serving(lambda _: Answer({"message": f"bad {TOKEN}"}, 401)) as served:
        done = assay(
            "outcomes", "import", "github", "--map", "map.toml", "--url", served.url, "--db", "usage.db", home=tmp_path,
            GITHUB_TOKEN=TOKEN, NO_PROXY="127.0.0.1",
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "assay: GitHub does not accept the token: renew GITHUB_TOKEN\n"


GITHUB = ["import", "github", "--map", "map.toml"]


@pytest.mark.parametrize(
    ("arguments", "token", "sentence"),
    [
        (["import", "github"], TOKEN, "no map says whose github's repositories are: give --map FILE"),
        (["import", "o.csv", "--map", "map.toml"], TOKEN, "--map, --url and --since are for github, gitlab and jira"),
        (GITHUB, "", "no token for GitHub is there: set GITHUB_TOKEN in the environment"),
        (GITHUB, "a\tb", "GITHUB_TOKEN holds what no token holds"),
        ([*GITHUB, "--url", "http://git.example.com"], TOKEN, "GitHub must be named by an https URL"),
        ([*GITHUB, "--since", "May"], TOKEN, "--since must be a date, as 2026-11-25"),
        ([*GITHUB, "--map", "none.toml"], TOKEN, "the map none.toml cannot be read"),
        (["import", "gitlab", "--map", "map.toml"], TOKEN, "the map map.toml has no table [gitlab]"),
        (["import", "jira", "--map", "map.toml"], TOKEN, "Jira has no usual address: give --url https://HOST"),
        (["report", "--lag", "9"], TOKEN, "9 is not in the range"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence(tmp_path: Path, arguments: list[str], token: str, sentence: str) -> None:
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    tokens = dict.fromkeys(("GITHUB_TOKEN", "GITLAB_TOKEN", "JIRA_TOKEN"), token)
    done = assay("outcomes", *arguments, "--db", "usage.db", home=tmp_path, **tokens)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert TOKEN not in done.stderr


def test_the_report(tmp_path: Path) -> None:
    """In a ledger with usage and outcomes of one team."""
    with closing(Ledger.open(tmp_path / "usage.db")) as ledger:
        judged(ledger, 5)
        ledger.outcomes.enter([Outcome("Sales", "2026-11-23", "changes_merged", 4.0, "file", None, "changes")])
    done = assay("outcomes", "report", "--format", "json", "--db", "usage.db", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = json.loads(done.stdout)["weeks"]
    assert (row["team"], row["people"], row["changes_merged"]) == ("Sales", 5, 4.0)
    wrong = assay("outcomes", "report", "--since", "May", "--db", "usage.db", home=tmp_path)
    assert (wrong.returncode, wrong.stderr) == (2, "assay: --since must be a date, as 2026-11-25\n")
