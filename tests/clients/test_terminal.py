"""Claude Code in a terminal, where it does what it does not on the command line: titles, and words typed meanwhile."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.clients.agents import AGENTS
from tests.clients.asking import Person, end_all
from tests.clients.conftest import program
from tests.clients.formats.answering import ToolCall
from tests.clients.proxying import Proxied, proxying
from tests.clients.standin import Hang, StandIn
from tests.clients.terminal import ENTER, ESCAPE, Terminal, terminal
from tests.clients.test_agents import holds

pytestmark = pytest.mark.clients

CLAUDE_CODE = next(agent for agent in AGENTS if agent.name == "claude-code")
ASKS = ["How many parcels were there on Monday?", "And on Tuesday, which were late?"]
QUEUED = "Press up to edit queued messages"
WAITING = ToolCall("Bash", {"command": "until [ -e go ]; do sleep 0.05; done", "description": "wait"})


@pytest.fixture
def proxied(stand_in: StandIn, tmp_path: Path) -> Iterator[Proxied]:
    """A proxy with a new ledger."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    with proxying(stand_in.url, folder) as running:
        yield running


@pytest.fixture
def person(proxied: Proxied, tmp_path: Path) -> Iterator[Person]:
    """Someone who has answered the questions of the first start."""
    someone = Person(CLAUDE_CODE, program("claude-code"), proxied.url, tmp_path)
    someone.set_up()
    settings = {
        "hasCompletedOnboarding": True,
        "customApiKeyResponses": {"approved": ["x"], "rejected": []},
        "projects": {str(someone.work): {"hasTrustDialogAccepted": True}},
    }
    folder = someone.home / ".claude"
    folder.mkdir()
    (folder / ".claude.json").write_text(json.dumps(settings))
    try:
        yield someone
    finally:
        end_all(someone.home)


@pytest.fixture
def screen(person: Person) -> Iterator[Terminal]:
    """The person's terminal."""
    command: list[str | Path] = [person.program, "--model", "claude-sonnet-4-5", "--allowedTools", "Bash"]
    environment = {name: value for name, value in person.environment().items() if name not in ("CI", "NO_COLOR")}
    with terminal(command, person.work, environment | {"TERM": "xterm-256color"}) as running:
        running.until(lambda: running.shows("❯"))
        yield running


def test_titles_and_an_escape_in_a_terminal(screen: Terminal, proxied: Proxied, stand_in: StandIn) -> None:
    """A title is of the turn that it names; an answer that Escape ended stays a turn of its own."""
    stand_in.tool = "Bash"
    for number, text in enumerate(ASKS, 2):  # with a title for the first
        screen.ask(text, partial(asked, stand_in, text))
        screen.until(partial(answered, stand_in, number))
    stand_in.plan.append(Hang())
    screen.ask("Write a long story about parcels.", stand_in.hanging.is_set)
    screen.until(lambda: screen.shows("Interrupted"), ESCAPE)
    screen.ask("Make it one line.", lambda: asked(stand_in, "Make it one line."))
    screen.until(partial(answered, stand_in, 5))

    holds(proxied, stand_in, [*ASKS, "Write a long story about parcels.", "Make it one line."])


def test_what_is_typed_while_the_agent_works(
    person: Person, screen: Terminal, proxied: Proxied, stand_in: StandIn
) -> None:
    """It reaches the assistant behind a tool's result, and is an ask of its own."""
    stand_in.tool = "Bash"
    stand_in.plan.extend([WAITING, "It is done."])
    screen.ask("Count the parcels.", lambda: asked(stand_in, "Count the parcels."))
    screen.until(lambda: screen.shows("until [ -e go ]"))  # it works
    screen.type("Leave out the broken ones.")
    screen.until(lambda: screen.shows(QUEUED), ENTER)
    (person.work / "go").touch()
    screen.until(lambda: asked(stand_in, "Leave out the broken ones."))
    screen.until(partial(answered, stand_in, 3))  # the title, the ask, and what was typed

    holds(proxied, stand_in, ["Count the parcels.", "Leave out the broken ones."])


def asked(stand_in: StandIn, text: str) -> bool:
    """Say whether a request that offers tools has these words."""
    return any(text.encode() in each.body and b'"Bash"' in each.body for each in stand_in.answered)


def answered(stand_in: StandIn, number: int) -> bool:
    """Say whether so many requests have been answered to the end."""
    return sum(each.reported for each in stand_in.answered) == number
