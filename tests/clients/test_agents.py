from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.agents import AGENTS, Agent
from tests.clients.asking import Person, end_all
from tests.clients.conftest import program
from tests.clients.formats.answering import ToolCall
from tests.clients.proxying import Proxied, proxying
from tests.clients.standin import Hang, StandIn

pytestmark = pytest.mark.clients

PATIENCE = 60  # seconds until an answer has begun


@pytest.fixture(params=AGENTS, ids=lambda agent: agent.name)
def agent(request: pytest.FixtureRequest) -> Agent:
    """Each agent in turn."""
    given: Agent = request.param
    return given


@pytest.fixture
def proxied(stand_in: StandIn, tmp_path: Path) -> Iterator[Proxied]:
    """A proxy with a new ledger."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    with proxying(stand_in.url, folder) as running:
        yield running


@pytest.fixture
def person(agent: Agent, proxied: Proxied, stand_in: StandIn, tmp_path: Path) -> Iterator[Person]:
    """Someone with a new home, whose agent is pointed at the proxy."""
    if isinstance(agent.tool, ToolCall):
        stand_in.tool = agent.tool.name
    someone = Person(agent, program(agent.client), proxied.url, tmp_path)
    try:
        someone.set_up()
        yield someone
    finally:
        end_all(someone.home)


def test_a_prompt_is_one_turn(person: Person, proxied: Proxied, stand_in: StandIn) -> None:
    """One prompt is one turn, with all calls that it caused."""
    person.ask("How many parcels were there on Monday?")

    holds(proxied, stand_in, ["How many parcels were there on Monday?"])


def test_two_prompts_are_two_turns(person: Person, proxied: Proxied, stand_in: StandIn) -> None:
    """A second prompt in the conversation is a second turn, and the first is not counted again."""
    person.ask("How many parcels were there on Monday?")
    person.ask("And on Tuesday, which were late?", again=True)

    holds(proxied, stand_in, ["How many parcels were there on Monday?", "And on Tuesday, which were late?"])


def test_what_an_agent_does_by_itself_is_part_of_the_turn(person: Person, proxied: Proxied, stand_in: StandIn) -> None:
    """Tools that the agent runs make calls of the same turn."""
    stand_in.plan.extend([person.tool(), person.tool(), "There were 41."])

    person.ask("What was the count of parcels?")

    assert len(stand_in.plan) < 2, "it did not go on by itself"
    holds(proxied, stand_in, ["What was the count of parcels?"])


@pytest.mark.parametrize("agent", [each for each in AGENTS if each.delegate], ids=lambda each: each.name, indirect=True)
def test_what_a_sub_agent_does_is_part_of_the_turn(person: Person, proxied: Proxied, stand_in: StandIn) -> None:
    """What the agent asks of its sub-agent nobody typed."""
    delegate = person.agent.delegate
    assert delegate is not None
    stand_in.tool = delegate.name
    stand_in.plan.append(delegate)

    person.ask("What was the count of parcels?")

    assert len(stand_in.answered) > 2, "it started no sub-agent"
    holds(proxied, stand_in, ["What was the count of parcels?"], whole=person.agent.waits)


def test_an_interrupted_prompt_is_a_turn_of_its_own(person: Person, proxied: Proxied, stand_in: StandIn) -> None:
    """Who presses Ctrl-C in mid-answer and asks for something else has asked twice."""
    stand_in.plan.append(Hang())
    person.ask_and_interrupt("Write a long story about parcels.", lambda: stand_in.hanging.wait(PATIENCE))

    person.ask("Make it one line.", again=True)

    holds(proxied, stand_in, ["Write a long story about parcels.", "Make it one line."])


def holds(proxied: Proxied, stand_in: StandIn, asks: list[str], whole: bool = True) -> None:
    """The ledger has a turn for each ask and no other, and the turns have all the tokens that answers reported.

    Not `whole`: an answer may have been cut when the agent ended, and what the others reported is there.
    """
    proxied.ended(len(stand_in.answered))
    turns = proxied.turns()
    assert [turn.text for turn in turns] == asks
    calls = proxied.calls()
    assert [call for call in calls if call.kind == "unreadable" or (call.turn_id is None and call.input_tokens)] == []
    if not whole:
        told = {(each.input_tokens, each.output_tokens) for each in stand_in.answered}
        assert {(call.input_tokens, call.output_tokens) for call in calls if call.complete} <= told
        return
    assert tuple(sum(part) for part in zip(*(turn.tokens for turn in turns), strict=True)) == stand_in.reported()
