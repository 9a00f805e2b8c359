"""What trackers tell becomes team-weeks: again and again the same, on where it stopped, and without a name."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.outcomes import Cursor
from ledger.store import Ledger
from reports.outcomes import github, gitlab, jira
from reports.outcomes.fetching import Bounds, Fetching, SourceError
from reports.outcomes.importing import Imported, Tracker, import_from
from reports.outcomes.mapping import TeamMap
from tests.ledger.facts import everything
from tests.reports.outcomes.tracker import Answer, Asked, Clock, Served, paged, serving

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WEEK, LAST = "2026-11-09", "2026-11-16"  # the two finished weeks before NOW's
MADE_IN = {WEEK: datetime(2026, 11, 10, 9, tzinfo=UTC), LAST: datetime(2026, 11, 17, 9, tzinfo=UTC)}
PEOPLE = ["ana-doe", "ben-roe", "cem-poe", "dora-loe", "eve-moe"]
FAR = "2026-01-01T00:00:00Z"


def written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@dataclass
class Site:
    """A tracker with as much as a test puts there."""

    served: Served | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] | None = None
    allowed: int = 10**9  # requests until the limit

    def limit(self) -> Answer | None:
        self.allowed -= 1
        return Answer({}, 429, {"retry-after": "5000"}) if self.allowed < 0 else None


def github_answers(site: Site, asked: Asked) -> Answer:
    assert site.served is not None
    path = asked.path
    if path.endswith("/commits"):
        number = int(path.split("/")[-2])
        pull = next(each for each in site.changes if each["number"] == number)
        merged = datetime.fromisoformat(pull["merged_at"])
        dates = [merged - timedelta(hours=number), merged - timedelta(hours=1)]
        return Answer([{"commit": {"author": {"name": "Ana Doe", "date": written(at)}}} for at in dates])
    kinds = {"pulls": site.changes, "issues": site.issues, "events": site.events}
    return paged(kinds[path.rsplit("/", 1)[1]], asked, 3, site.served.url)


def gitlab_answers(site: Site, asked: Asked) -> Answer:
    path = asked.path
    assert path.startswith("/api/v4/projects/acme/shop/")
    if path.endswith("/commits"):
        number = int(path.split("/")[-2])
        change = next(each for each in site.changes if each["iid"] == number)
        first = datetime.fromisoformat(change["merged_at"]) - timedelta(hours=number)
        return paged([{"authored_date": change["merged_at"]}, {"authored_date": written(first)}], asked, 1)
    if path.endswith("/deployments"):
        return Answer({}, 403) if site.deployments is None else paged(site.deployments, asked, 3)
    kinds = {"merge_requests": site.changes, "issues": site.issues, "events": site.events}
    return paged(kinds[path.rsplit("/", 1)[1]], asked, 3)


def pull(number: int, week: str = WEEK, by: str | None = None, **facts: Any) -> dict[str, Any]:
    at = written(MADE_IN[week])
    login = by or PEOPLE[number % 5]
    return {
        "number": number,
        "title": "Add a page",
        "merged_at": at,
        "updated_at": at,
        "user": {"login": login, "type": "User"},
        "labels": [],
        "head": {"ref": "add-a-page"},
        **facts,
    }


def merge_request(number: int, week: str = WEEK, **facts: Any) -> dict[str, Any]:
    return {
        "iid": number,
        "title": "Add a page",
        "merged_at": written(MADE_IN[week]),
        "author": {"username": PEOPLE[number % 5], "name": "Ana Doe"},
        "labels": [],
        "source_branch": "add-a-page",
        **facts,
    }


class Importing:
    """Imports from a site, as often as a test likes."""

    def __init__(self, ledger: Ledger, tracker: Tracker, served: Served, site: Site) -> None:
        self.ledger, self.tracker, self.served, self.site = ledger, tracker, served, site
        self.teams = TeamMap({"acme/shop": "Growth"}, lambda _: None)

    def run(self, since: str | None = WEEK, now: datetime = NOW) -> Imported:
        clock = Clock(now.timestamp())
        fetching = Fetching(
            self.tracker.NAME,
            self.served.url,
            self.tracker.TOKEN,
            self.tracker.headers("secret-token", ""),
            Bounds(wait_seconds=100),
            sleep=clock.sleep,
            now=clock.now,
        )
        day = None if since is None else date.fromisoformat(since)
        with closing(fetching):
            return import_from(self.tracker, fetching, "s", self.teams, self.ledger.outcomes, 5, now, day)

    def told(self, week: str = WEEK) -> dict[str, tuple[float, int | None]]:
        return {one.metric: (one.value, one.n) for one in self.ledger.outcomes.all() if one.week == week}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger.open(tmp_path / "usage.db")) as ledger:
        yield ledger


@pytest.fixture
def on_github(ledger: Ledger) -> Iterator[Importing]:
    site = Site()
    with serving(lambda asked: site.limit() or github_answers(site, asked)) as served:
        site.served = served
        yield Importing(ledger, github, served, site)


@pytest.fixture
def on_gitlab(ledger: Ledger) -> Iterator[Importing]:
    site = Site()
    with serving(lambda asked: site.limit() or gitlab_answers(site, asked)) as served:
        yield Importing(ledger, gitlab, served, site)


class TestGitHub:
    """Pull requests, issues and their events."""

    def test_changes(self, on_github: Importing) -> None:
        """What is merged counts in its week, with marks of mending; a bot's change and one only closed do not."""
        on_github.site.changes = [
            pull(5, LAST),
            pull(1),
            pull(2, title='Revert "Add a page"'),
            pull(3, labels=[{"name": "Hotfix"}]),
            pull(4, head={"ref": "hotfix/late"}),
            pull(10),
            pull(11, user={"login": "dependabot[bot]", "type": "Bot"}),
            pull(12, merged_at=None),
        ]
        done = on_github.run()
        assert on_github.told() == {
            "changes_merged": (5, 5),
            "change_failure_rate": (0.6, 5),
            "changes_reverted": (1, 5),
            "changes_reopened": (0, 5),
            "lead_time_hours": (3, 5),  # of 1, 2, 3, 4 and 10
        }
        assert on_github.told(LAST) == {}  # one person's
        assert (done.weeks, done.outcomes, done.teams_withheld, done.without_team) == (2, 5, 1, 0)

    def test_issues(self, on_github: Importing) -> None:
        """Done ones, not pull requests or what was given up; reopenings of both apart."""
        at = written(MADE_IN[WEEK])

        def issue(number: int, **facts: Any) -> dict[str, Any]:
            created = written(MADE_IN[WEEK] - timedelta(hours=10 * number))
            names = [{"login": PEOPLE[number % 5]}]
            return {
                "number": number, "created_at": created, "closed_at": at, "updated_at": at, "state_reason": "completed",
                "user": {"login": "someone"}, "assignees": names, **facts,
            }  # fmt: skip

        on_github.site.issues = [
            *map(issue, range(1, 6)),
            issue(7, pull_request={}),
            issue(8, state_reason="not_planned"),
        ]
        on_github.site.events = [
            {"event": "closed", "created_at": at, "issue": {"number": 1}},
            {"event": "reopened", "created_at": at, "issue": {"number": 1}},
            {"event": "reopened", "created_at": at, "issue": {"number": 9, "pull_request": {}}},
        ]
        on_github.run()
        assert on_github.told() == {
            "issues_closed": (5, 5),
            "issues_reopened": (1, 5),
            "time_to_resolve_hours": (30, 5),
        }

    def test_it_asks_no_further_back_than_it_must(self, on_github: Importing) -> None:
        """Lists end with the first page that is older; commits are asked for of what counts alone."""
        old = [pull(100 + n, merged_at=FAR, updated_at=FAR) for n in range(30)]
        on_github.site.changes = [*(pull(n) for n in range(1, 6)), *old]
        on_github.run()
        paths = [asked.path for asked in on_github.served.asked]
        assert paths.count("/repos/acme/shop/pulls") == 2
        assert sum(path.endswith("/commits") for path in paths) == 5
        assert all(asked.headers["authorization"] == "Bearer secret-token" for asked in on_github.served.asked)

    def test_the_author_says_the_team(self, on_github: Importing) -> None:
        """Where the map leaves it to the teams file."""
        on_github.site.changes = [*(pull(n) for n in range(1, 6)), pull(6, by="stranger")]
        on_github.teams = TeamMap({"acme/shop": "*"}, lambda name: "Sales" if name in PEOPLE else None)
        done = on_github.run()
        assert {one.team for one in on_github.ledger.outcomes.all()} == {"Sales"}
        assert on_github.told()["changes_merged"] == (5, 5)
        assert done.without_team == 1

    def test_commits_that_are_gone_leave_the_hours_unknown(self, on_github: Importing) -> None:
        on_github.site.changes = [pull(n) for n in range(1, 6)]
        answers = on_github.served.answering
        on_github.served.answering = lambda asked: (
            Answer({}, 404) if asked.path.endswith("/3/commits") else answers(asked)
        )
        on_github.run()
        assert on_github.told()["lead_time_hours"] == (3, 4)  # of 1, 2, 4 and 5


class TestGoingOn:
    """Imports meet what earlier ones left."""

    def test_again_is_the_same(self, on_github: Importing) -> None:
        """A week is made anew, not added to; what is gone goes; the next import looks two weeks back."""
        on_github.site.changes = [pull(n) for n in range(1, 7)]
        on_github.run()
        before = on_github.ledger.outcomes.all()
        on_github.run(since=None)
        assert on_github.ledger.outcomes.all() == before
        on_github.site.changes.pop()
        on_github.run(since=None)
        assert on_github.told()["changes_merged"] == (5, 5)
        on_github.site.changes.pop()
        assert on_github.run(since=None).teams_withheld == 1
        assert on_github.ledger.outcomes.all() == []

    def test_a_stopped_import_goes_on_where_it_stopped(self, on_github: Importing) -> None:
        """Weeks that are done stay; their commits are not asked for again."""
        on_github.site.changes = [*(pull(n, LAST) for n in range(6, 11)), *(pull(n) for n in range(1, 6))]
        lists = 4 + 1 + 1  # pages of pull requests, of issues and of events
        on_github.site.allowed = lists + 5 + 2
        with pytest.raises(SourceError, match="run it again then"):
            on_github.run()
        assert on_github.told()["changes_merged"] == (5, 5)
        assert on_github.told(LAST) == {}
        assert on_github.ledger.outcomes.cursors("s") == {"acme/shop": Cursor(LAST, complete=False)}
        on_github.site.allowed = lists + 5
        on_github.served.asked.clear()
        on_github.run(since=None)
        assert on_github.told(LAST)["changes_merged"] == (5, 5)
        assert on_github.ledger.outcomes.cursors("s") == {"acme/shop": Cursor("2026-11-23", complete=True)}
        assert not any(asked.path.endswith("/3/commits") for asked in on_github.served.asked)

    def test_a_first_import_goes_half_a_year_back(self, on_github: Importing) -> None:
        assert on_github.run(since=None).weeks == 26

    def test_a_repository_that_is_new_in_the_map_is_fetched_from_the_beginning(self, on_github: Importing) -> None:
        """With those of its team, as a team's week is made of all."""
        on_github.run()
        assert on_github.run(since=None).weeks == 2
        on_github.teams = TeamMap({"acme/shop": "Growth", "acme/new": "Growth"}, lambda _: None)
        assert on_github.run(since=None).weeks == 26

    def test_an_unfinished_week_waits(self, on_github: Importing) -> None:
        on_github.site.changes = [pull(n, LAST) for n in range(1, 6)]
        on_github.run(now=datetime(2026, 11, 22, 23, tzinfo=UTC))
        assert on_github.told(LAST) == {}


def test_no_name_is_stored(on_github: Importing, tmp_path: Path) -> None:
    """Nor the token."""
    on_github.site.changes = [pull(n) for n in range(1, 6)]
    on_github.run()
    bytes_ = everything(tmp_path).lower()
    assert b"growth" in bytes_
    for secret in (*PEOPLE, "doe", "secret-token"):
        assert secret.encode() not in bytes_


@pytest.mark.parametrize("content", [{}, [1], "x", None])
def test_other_json_than_documented_is_said(on_github: Importing, content: object) -> None:
    on_github.served.answering = lambda _: Answer(content)
    with pytest.raises(SourceError, match="answers with other JSON than it documents"):
        on_github.run()


@pytest.mark.parametrize("nonsense", [{}, {"merged_at": 7, "user": [], "labels": {}, "head": None, "number": {}}])
def test_objects_that_lack_what_is_documented_count_as_nothing(on_github: Importing, nonsense: dict[str, Any]) -> None:
    on_github.site.changes = on_github.site.issues = on_github.site.events = [nonsense]
    assert on_github.run().outcomes == 0


class TestGitLab:
    """Merge requests, issues, events and deployments, paged by x-next-page."""

    def test_changes(self, on_gitlab: Importing) -> None:
        on_gitlab.site.changes = [
            *(merge_request(n) for n in range(1, 4)),
            merge_request(4, title='Revert "Add a page"'),
            merge_request(5, labels=["hotfix"]),
            merge_request(6, author={"username": "project_7_bot_a1"}),
        ]
        on_gitlab.run()
        assert on_gitlab.told() == {
            "changes_merged": (5, 5),
            "change_failure_rate": (0.4, 5),
            "changes_reverted": (1, 5),
            "changes_reopened": (0, 5),
            "lead_time_hours": (3, 5),  # the first commit is on the second page
        }
        asked = next(each for each in on_gitlab.served.asked if each.path.endswith("/merge_requests"))
        assert asked.query["updated_after"] == f"{WEEK}T00:00:00Z"
        assert asked.headers["private-token"] == "secret-token"

    def test_issues_and_deployments(self, on_gitlab: Importing) -> None:
        """What runs in production alone; reopenings come from the project's events."""
        at = written(MADE_IN[WEEK])
        created = written(MADE_IN[WEEK] - timedelta(hours=8))
        people = [{"username": name} for name in PEOPLE]
        on_gitlab.site.issues = [
            {"iid": number, "created_at": created, "closed_at": at, "assignees": [person]}
            for number, person in enumerate(people)
        ]
        on_gitlab.site.events = [
            {"target_type": "Issue", "target_iid": 1, "created_at": at, "author": people[0]},
            {"target_type": "Milestone", "target_iid": 1, "created_at": at, "author": people[0]},
        ]
        on_gitlab.site.deployments = [
            {"iid": number, "updated_at": at, "user": person, "environment": {"name": name}}
            for number, (person, name) in enumerate(zip(people * 2, ["production"] * 5 + ["staging"] * 5, strict=True))
        ]
        on_gitlab.run()
        assert on_gitlab.told() == {
            "issues_closed": (5, 5),
            "issues_reopened": (1, 5),
            "time_to_resolve_hours": (8, 5),
            "deployments": (5, 5),
        }

    def test_deployments_that_are_switched_off_stop_nothing(self, on_gitlab: Importing) -> None:
        on_gitlab.site.changes = [merge_request(n) for n in range(1, 6)]
        on_gitlab.run()
        assert "deployments" not in on_gitlab.told()


def jira_issue(number: int, **fields: Any) -> dict[str, Any]:
    at = MADE_IN[WEEK].strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    created = (MADE_IN[WEEK] - timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    back = {"field": "resolution", "from": "10000", "to": None}
    items = [back] if number == 3 else [{**back, "from": None, "to": "10000"}, {"field": "status"}]
    return {
        "key": f"SHOP-{number}",
        "fields": {
            "created": created,
            "resolutiondate": at,
            "assignee": {"accountId": PEOPLE[number % 5], "displayName": "Ana Doe"},
            **fields,
        },
        "changelog": {"histories": [{"created": at, "items": items}]},
    }


class TestJira:
    """One search for all, paged by token or by count."""

    ISSUES = (*map(jira_issue, range(1, 6)), jira_issue(8, resolutiondate=None))

    @staticmethod
    def cloud(asked: Asked) -> Answer:
        assert asked.path == "/rest/api/3/search/jql"
        start = int(asked.query.get("nextPageToken", "t0")[1:])
        more = {"nextPageToken": f"t{start + 2}"} if start + 2 < len(TestJira.ISSUES) else {"isLast": True}
        return Answer({"issues": TestJira.ISSUES[start : start + 2], **more})

    @staticmethod
    def data_center(asked: Asked) -> Answer:
        if asked.path != "/rest/api/2/search":
            return Answer({}, 404)
        start = int(asked.query["startAt"])
        return Answer({"issues": TestJira.ISSUES[start : start + 4], "startAt": start, "total": len(TestJira.ISSUES)})

    @pytest.mark.parametrize("kind", ["cloud", "data_center"])
    def test_issues(self, ledger: Ledger, kind: str) -> None:
        """The same of both."""
        with serving(getattr(self, kind)) as served:
            importing = Importing(ledger, jira, served, Site())
            importing.teams = TeamMap({"SHOP": "Growth"}, lambda _: None)
            importing.run()
            assert importing.told() == {
                "issues_closed": (5, 5),
                "issues_reopened": (1, 5),
                "time_to_resolve_hours": (3, 5),
            }
            query = served.asked[-1].query
            assert query["jql"] == 'project = "SHOP" AND updated >= "2026-11-08" ORDER BY updated DESC'
            assert query["expand"] == "changelog"

    def test_a_login_that_failed_is_said(self, ledger: Ledger) -> None:
        """Jira answers it as it answers anybody, with no issues."""
        refused = Answer({"issues": [], "isLast": True}, headers={"x-seraph-loginreason": "AUTHENTICATED_FAILED"})
        with serving(lambda _: refused) as served:
            importing = Importing(ledger, jira, served, Site())
            with pytest.raises(SourceError, match="does not accept JIRA_USER and JIRA_TOKEN: renew the token"):
                importing.run()

    def test_a_token_goes_with_its_user_or_alone(self) -> None:
        assert jira.headers("t", "me@example.com") == {"authorization": "Basic bWVAZXhhbXBsZS5jb206dA=="}
        assert jira.headers("t", "") == {"authorization": "Bearer t"}
