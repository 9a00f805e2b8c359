"""GitHub: merged pull requests, closed issues, and what was reopened, over its REST API.

https://docs.github.com/en/rest/pulls/pulls, /rest/issues/issues, /rest/issues/events, /rest/using-the-rest-api
(version 2022-11-28, read 2026-11-25).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from reports.outcomes.fetching import Fetching, RefusalError, linked_pages, listed
from reports.outcomes.items import Item, hours_between, time_of

NAME = "GitHub"
TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the variable's name
URL = "https://api.github.com"
PER_PAGE = 100  # the most that it gives
Query = Mapping[str, str | int]
MENDING = frozenset({"hotfix", "revert", "rollback"})  # labels, and beginnings of branches
REVERT = re.compile(r"^revert\b", re.IGNORECASE)


def headers(token: str, _: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
    }


def items(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    """Give what happened in a repository since a time. The hours of changes are left to `detailed`.

    What was merged, closed or reopened since then was updated since then, so lists end where they get older. They come
    newest first: what is updated meanwhile moves to the front, and nothing is missed.
    """
    yield from _changes(fetching, scope, since)
    yield from _issues(fetching, scope, since)
    yield from _reopened(fetching, scope, since)


def detailed(fetching: Fetching, item: Item) -> datetime | None:
    """Give when a change's first commit was made. None: it is not told."""
    try:
        page = fetching.get(f"/repos/{item.scope}/pulls/{item.number}/commits", {"per_page": PER_PAGE}, item.scope)
    except RefusalError as error:
        if error.status == 404:
            return None
        raise
    commits = listed(page.content, NAME, item.scope)
    times = [time_of(_in(commit, "commit", "author", "date")) for commit in commits]
    return min((at for at in times if at is not None), default=None)


def _changes(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    query: Query = {"state": "closed", "sort": "updated", "direction": "desc", "per_page": PER_PAGE}
    for pull in _newer(fetching, f"/repos/{scope}/pulls", query, scope, "updated_at", since):
        merged = time_of(pull.get("merged_at"))
        if merged is None or merged < since or _in(pull, "user", "type") == "Bot":
            continue
        title, branch = str(pull.get("title") or ""), str(_in(pull, "head", "ref") or "")
        marks = {*_labels(pull), *re.split(r"[/-]", branch.lower())[:1]}
        reverts = bool(REVERT.match(title)) or "revert" in marks
        yield Item(
            kind="change",
            scope=scope,
            number=str(pull.get("number")),
            at=merged,
            people=_logins([pull.get("user")]),
            mends=reverts or bool(marks & MENDING),
            reverts=reverts,
        )


def _issues(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    query: Query = {
        "state": "closed",
        "sort": "updated",
        "direction": "desc",
        "per_page": PER_PAGE,
        "since": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    for issue in _newer(fetching, f"/repos/{scope}/issues", query, scope, "updated_at", since):
        closed = time_of(issue.get("closed_at"))
        given_up = issue.get("state_reason") not in (None, "completed")
        if closed is None or closed < since or given_up or "pull_request" in issue:
            continue
        yield Item(
            kind="issue",
            scope=scope,
            number=str(issue.get("number")),
            at=closed,
            people=_logins(issue.get("assignees") or [issue.get("user")]),
            hours=hours_between(time_of(issue.get("created_at")), closed),
        )


def _reopened(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    path = f"/repos/{scope}/issues/events"
    for event in _newer(fetching, path, {"per_page": PER_PAGE}, scope, "created_at", since):
        at = time_of(event.get("created_at"))
        if event.get("event") != "reopened" or at is None or at < since:
            continue
        issue = event.get("issue")
        change = isinstance(issue, dict) and "pull_request" in issue
        yield Item(
            kind="change_reopened" if change else "issue_reopened",
            scope=scope,
            number=str(_in(event, "issue", "number")),
            at=at,
            people=_logins([_in(event, "issue", "user")]),
        )


def _newer(
    fetching: Fetching, path: str, query: Query, scope: str, by: str, since: datetime
) -> Iterator[dict[str, Any]]:
    """Give a list's objects, newest first, down to the page that ends before `since`."""
    for page in linked_pages(fetching, path, query, scope):
        objects = listed(page.content, NAME, scope)
        yield from objects
        last = time_of(objects[-1].get(by)) if objects else None
        if last is None or last < since:
            return


def _labels(pull: Mapping[str, Any]) -> set[str]:
    labels = pull.get("labels")
    found = [label.get("name") for label in labels if isinstance(label, dict)] if isinstance(labels, list) else []
    return {str(name).lower() for name in found}


def _logins(users: object) -> frozenset[str]:
    found = [user for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    return frozenset(str(user["login"]).lower() for user in found if user.get("login"))


def _in(content: object, *keys: str) -> Any:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content
