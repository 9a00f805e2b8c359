"""Jira: resolved and reopened issues, over its REST API's search with the issues' changelogs.

Cloud pages /rest/api/3/search/jql by token; Data Center has /rest/api/2/search, which counts. Which of the two a
site has is found by asking.
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/ and .../rate-limiting/,
https://developer.atlassian.com/server/jira/platform/rest/ (read 2026-11-25).
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from reports.outcomes.fetching import Fetching, Page, RefusalError, SourceError
from reports.outcomes.items import Item, hours_between, time_of

NAME = "Jira"
TOKEN = "JIRA_TOKEN"  # noqa: S105 - the variable's name
URL = ""  # each company has its own
PER_PAGE = 100
TOKENS, COUNTED = "/rest/api/3/search/jql", "/rest/api/2/search"
FIELDS = "created,resolutiondate,assignee,reporter"


def headers(token: str, user: str) -> dict[str, str]:
    """With a user the token is an API token of Cloud, without one a personal access token of Data Center."""
    if not user:
        return {"authorization": f"Bearer {token}"}
    return {"authorization": "Basic " + b64encode(f"{user}:{token}".encode()).decode()}


def items(fetching: Fetching, scope: str, since: datetime) -> Iterator[Item]:
    """Give what happened in a project since a time."""
    for issue in _issues(fetching, scope, since):
        fields = issue.get("fields")
        if not isinstance(fields, dict):
            continue
        people = _people(fields.get("assignee") or fields.get("reporter"))
        number = str(issue.get("key"))
        resolved = time_of(fields.get("resolutiondate"))
        if resolved is not None and resolved >= since:
            hours = hours_between(time_of(fields.get("created")), resolved)
            yield Item("issue", scope, number, resolved, people, hours)
        yield from (Item("issue_reopened", scope, number, at, people) for at in _reopenings(issue) if at >= since)


def detailed(_: Fetching, __: Item) -> datetime | None:
    """Jira knows no changes."""
    return None


def _issues(fetching: Fetching, scope: str, since: datetime) -> Iterator[dict[str, Any]]:
    """Search by the day before, as Jira reads days in its user's time zone; newest first, see `github.items`."""
    day = (since - timedelta(days=1)).date().isoformat()
    query: dict[str, str | int] = {
        "jql": f'project = "{scope}" AND updated >= "{day}" ORDER BY updated DESC',
        "fields": FIELDS,
        "expand": "changelog",
        "maxResults": PER_PAGE,
    }
    try:
        page = fetching.get(TOKENS, query, scope)
    except RefusalError as error:
        if error.status != 404:
            raise
        yield from _counted(fetching, query, scope)
        return
    while True:
        content = _content(page, scope)
        yield from content["issues"]
        token = content.get("nextPageToken")
        if not token or content.get("isLast") is True:
            return
        page = fetching.get(TOKENS, {**query, "nextPageToken": str(token)}, scope)


def _counted(fetching: Fetching, query: Mapping[str, str | int], scope: str) -> Iterator[dict[str, Any]]:
    start = 0
    while True:
        content = _content(fetching.get(COUNTED, {**query, "startAt": start}, scope), scope)
        yield from content["issues"]
        start += len(content["issues"])
        total = content.get("total")
        if not content["issues"] or not isinstance(total, int) or start >= total:
            return


def _content(page: Page, scope: str) -> dict[str, Any]:
    if "FAILED" in page.headers.get("x-seraph-loginreason", ""):  # it answers as to anybody, with nothing
        raise SourceError(f"{NAME} does not accept JIRA_USER and {TOKEN}: renew the token")
    content = page.content
    issues = content.get("issues") if isinstance(content, dict) else None
    if not isinstance(issues, list) or not all(isinstance(issue, dict) for issue in issues):
        raise SourceError(f"{NAME} answers with other JSON than it documents ({scope}): check --url")
    return dict(content)


def _reopenings(issue: Mapping[str, Any]) -> Iterator[datetime]:
    """A resolution that was taken away."""
    changelog = issue.get("changelog")
    histories = changelog.get("histories") if isinstance(changelog, dict) else None
    for history in histories if isinstance(histories, list) else []:
        at = time_of(history.get("created")) if isinstance(history, dict) else None
        entries = history.get("items") if at is not None else None
        for entry in entries if isinstance(entries, list) else []:
            if (
                isinstance(entry, dict)
                and entry.get("field") == "resolution"
                and entry.get("from")
                and not entry.get("to")
            ):
                assert at is not None
                yield at


def _people(user: object) -> frozenset[str]:
    """Cloud has accountId, Data Center a name; an e-mail address is there where its owner shows it."""
    if not isinstance(user, dict):
        return frozenset()
    name = user.get("emailAddress") or user.get("accountId") or user.get("name")
    return frozenset({str(name).lower()} if name else ())
