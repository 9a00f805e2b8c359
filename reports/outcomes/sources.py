"""The trackers that outcomes are imported from."""

from collections.abc import Mapping

from reports.outcomes import github, gitlab, jira
from reports.outcomes.importing import Tracker

TRACKERS: Mapping[str, Tracker] = {"github": github, "gitlab": gitlab, "jira": jira}
