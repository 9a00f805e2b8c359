"""The same ask at the same place is known again, in whatever shape, and another is not."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.pseudonyms import Key
from ledger.records import Message
from proxy.places import Place, answer_trace, place
from proxy.reading import Request, Signals

KEY = Key(b"k" * 32)


def request(text: str = "fix it", **fields: Any) -> Request:
    facts: dict[str, Any] = {
        "tail": "text",
        "history": (),
        "model": None,
        "streamed": False,
        "opening": text,
        "place": 0,
        "user": None,
        "conversation": None,
    }
    return Request(text=text, **(facts | fields))


def of(text: str = "fix it", person: str = "p", **fields: Any) -> Place:
    return place(KEY, person, "client/1", request(text, **fields))


class Turn:
    def __init__(self, where: Place) -> None:
        self.conversation, self.place, self.ask = where.conversation, where.number, where.ask


def test_a_place_is_the_same_when_only_whitespace_differs() -> None:
    """Clients re-send the same message in another shape."""
    assert of("fix  it\n").ask == of("fix it").ask


@pytest.mark.parametrize(
    "other",
    [
        of(place=1),
        of(conversation="c2"),
        of("mend it"),
        of(person="q"),
        of(continues="r"),
        of(signals=Signals(session="s")),
        of(stored='{"id": "greeting"}'),
        of(history=(Message("user", "look at it"), Message("assistant", "Done."))),
    ],
)
def test_another_place_text_conversation_or_person_is_another_ask(other: Place) -> None:
    """So is one in another session, one behind another ask, and one that goes on from an answer."""
    assert of().ask != other.ask


def test_no_id_of_a_client_is_kept() -> None:
    """Nor does one person's trace tell that another has the same id, nor a session's that a turn has."""
    signals = Signals(session="id", turn="id")
    one = of(signals=signals, continues="id")
    traces = [one.session, one.sent, one.continued, one.waiting, one.conversation]
    assert len({*traces, of(person="q", signals=signals).session}) == 6
    assert "id" not in traces
    assert one.continued == answer_trace(KEY, "p", "id")


def test_calls_without_a_session_wait_by_their_client() -> None:
    """Those of a session by the session."""
    assert of().waiting == of("other").waiting != of(conversation="c").waiting
    assert of(conversation="c").session == of(signals=Signals(session="c")).session
    assert of().session is None


def test_words_are_known_again_wherever_they_stand() -> None:
    """And in whatever conversation of their person."""
    turn = Turn(of(place=3, conversation="c"))
    assert of("fix  it", place=1).repeats(turn)
    assert not of("mend it", place=3, conversation="c").repeats(turn)
    assert not of(person="q", place=3, conversation="c").repeats(turn)


def test_what_stands_behind_an_ask_at_its_place_is_found() -> None:
    """Several texts may; a beginning that only looks alike does not count."""
    turn = Turn(of("fix it\n\nnow", conversation="c"))
    assert of("fix  it\n\nnow\n\nno, wait\n\nstop", conversation="c").behind(turn) == "no, wait\n\nstop"
    for other in (of("fix it\n\nnow", conversation="c"), of("fix it\n\nnowhere", conversation="c")):
        assert other.behind(turn) is None
    assert replace(of("fix it\n\nnow\n\nstop", conversation="c"), number=1).behind(turn) is None


def test_an_ask_that_goes_on_from_an_answer_follows_its_turn() -> None:
    """In the same conversation, at the next place."""
    turn = Turn(of("first", conversation="c", place=4))
    at = of("second", continues="r").at(turn)
    assert (at.conversation, at.number) == (turn.conversation, 5)
