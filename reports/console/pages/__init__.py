"""The console's pages. A page is a module here, its template, and its line in this registry.

A path is a regex over the address as it was sent. `roles` is who may open it: the gate denies it to everybody else.
"""

from reports.console.access import ROLES
from reports.console.pages import audit, coverage, events, glossary, home, mine, outcomes, questions, signing, team
from reports.console.visits import Page

EVERYBODY = frozenset(ROLES)

PAGES: tuple[Page, ...] = (
    Page(r"/", EVERYBODY, home.show, "Overview", "/"),
    Page(r"/teams", frozenset({"admin", "manager"}), team.show_all, "Teams", "/teams"),
    Page(r"/teams/(?P<team>[^/]+)", frozenset({"admin", "manager"}), team.show),
    Page(r"/outcomes", frozenset({"admin", "manager"}), outcomes.show, "Outcomes", "/outcomes"),
    Page(r"/events", frozenset({"admin"}), events.show),
    Page(r"/mine", EVERYBODY, mine.show, "My page", "/mine"),
    Page(r"/mine/(?P<turn>[0-9]{1,15})", EVERYBODY, mine.explain),
    Page(r"/coverage", frozenset({"admin", "auditor"}), coverage.show, "Coverage", "/coverage"),
    Page(r"/audit", frozenset({"auditor"}), audit.show, "Audit", "/audit"),
    Page(r"/queries", frozenset({"admin"}), questions.show, "Queries", "/queries"),
    Page(r"/glossary", EVERYBODY, glossary.show, "Glossary", "/glossary"),
    Page(r"/sign-in", EVERYBODY, signing.sign_in),
    Page(r"/sign-out", EVERYBODY, signing.sign_out),
)
