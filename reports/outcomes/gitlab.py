"""GitLab: merged merge requests, closed issues, reopenings, and deployments to production, over its REST API v4.

https://docs.gitlab.com/api/merge_requests, /api/issues, /api/events, /api/deployments, /api/rest (read 2026-11-25).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from reports.outcomes.fetching import Fetching, RefusalError, linked_pages, listed
from reports.outcomes.items import Item, hours_between, time_of

NAME = "GitLab"
TOKEN = "GITLAB_TOKEN"  # noqa: S105 - the variable's name
URL = "https://gitlab.com"
PER_PAGE = 100  # the most that it gives
MENDING = frozenset({"hotfix", "revert", "rollback"})  # labels, and beginnings of branches
BOT = re.compile(r"(project|group)_\d+_bot|ghost$")  # names of access tokens' users
Query = Mapping[str, str | int]


def headers(token: str, _: str) -> dict[str, str]:
    return {"private-token": token}


def items(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    """Give what happened in a project since a time. The hours of changes are left to `detailed`."""
    yield from _changes(fetching, scope, since)
    yield from _issues(fetching, scope, since)
    yield from _reopened(fetching, scope, since)
    yield from _deployments(fetching, scope, since)


def detailed(fetching: Fetching, item: Item) -> datetime | None:
    """Give when a change's first commit was made. None: it is not told."""
    path = f"{_project(item.scope)}/merge_requests/{item.number}/commits"
    times = []
    try:
        for commit in _all(fetching, path, {"per_page": PER_PAGE}, item.scope):
            times.append(time_of(commit.get("authored_date") or commit.get("created_at")))
    except RefusalError as error:
        if error.status != 404:
            raise
    return min((at for at in times if at is not None), default=None)


def _changes(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    query = _since({"state": "merged", "scope": "all"}, since)
    for change in _all(fetching, f"{_project(scope)}/merge_requests", query, scope):
        merged = time_of(change.get("merged_at"))
        people = _names([change.get("author")])
        if merged is None or merged < since or any(BOT.match(name) for name in people):
            continue
        labels = change.get("labels")
        branch = str(change.get("source_branch") or "").lower()
        marks = {str(label).lower() for label in labels} if isinstance(labels, list) else set()
        marks |= set(re.split(r"[/-]", branch)[:1])
        reverts = str(change.get("title") or "").lower().startswith("revert ") or "revert" in marks
        yield Item(
            kind="change",
            scope=scope,
            number=str(change.get("iid")),
            at=merged,
            people=people,
            mends=reverts or bool(marks & MENDING),
            reverts=reverts,
        )


def _issues(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    for issue in _all(fetching, f"{_project(scope)}/issues", _since({"state": "closed", "scope": "all"}, since), scope):
        closed = time_of(issue.get("closed_at"))
        if closed is None or closed < since:
            continue
        yield Item(
            kind="issue",
            scope=scope,
            number=str(issue.get("iid")),
            at=closed,
            people=_names(issue.get("assignees") or [issue.get("author")]),
            hours=hours_between(time_of(issue.get("created_at")), closed),
        )


def _reopened(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    """The project's events: its days are exclusive, so it is asked for a day more."""
    after = (since - timedelta(days=1)).date().isoformat()
    query: Query = {"action": "reopened", "after": after, "per_page": PER_PAGE}
    for event in _all(fetching, f"{_project(scope)}/events", query, scope):
        at = time_of(event.get("created_at"))
        if at is None or at < since or event.get("target_type") not in ("Issue", "MergeRequest"):
            continue
        yield Item(
            kind="issue_reopened" if event["target_type"] == "Issue" else "change_reopened",
            scope=scope,
            number=str(event.get("target_iid")),
            at=at,
            people=_names([event.get("author")]),
        )


def _deployments(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    query = _since({"status": "success"}, since)
    try:
        for deployment in _all(fetching, f"{_project(scope)}/deployments", query, scope):
            at = time_of(deployment.get("updated_at"))
            environment = deployment.get("environment")
            name = str(environment.get("name") or "").lower() if isinstance(environment, dict) else ""
            if at is None or at < since or not name.startswith("prod"):
                continue
            yield Item("deployment", scope, str(deployment.get("iid")), at, _names([deployment.get("user")]))
    except RefusalError as error:
        if error.status not in (403, 404):  # where deployments are switched off
            raise


def _all(fetching: Fetching, path: str, query: Query, scope: str) -> Iterator[dict[str, Any]]:
    for page in linked_pages(fetching, path, query, scope):
        yield from listed(page.content, NAME, scope)


def _since(query: Query, since: datetime) -> Query:
    """Ask for what was updated since a time, newest first, as what changes meanwhile moves to the front."""
    after = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**query, "updated_after": after, "order_by": "updated_at", "sort": "desc", "per_page": PER_PAGE}


def _project(scope: str) -> str:
    return f"/api/v4/projects/{quote(scope, safe='')}"


def _names(users: object) -> frozenset[str]:
    found = [user for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    return frozenset(str(user["username"]).lower() for user in found if user.get("username"))
