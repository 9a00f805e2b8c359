import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import proxy.sockets
from proxy.exchange import AnswerBytes, Ended, Event, SocketClosed, SocketMessage, SocketOpened
from proxy.sockets import SPEECHES, Sockets
from tests.proxy.sockets.talking import Socket, answer, assistant, create, gathered, upgrade, user


def said(socket: int, number: int, message: object, from_client: bool) -> SocketMessage:
    data = json.dumps(message).encode()
    return SocketMessage(number, socket, float(number), from_client, data, len(data), False)


def test_what_was_no_socket_s_passes() -> None:
    sockets = Sockets(lambda _: None)
    events: list[Event] = [upgrade(), AnswerBytes(1, 0.0, b"x"), Ended(1, 0.0, True)]
    assert [each for event in events for each in sockets.read(event)] == events


def test_a_socket_that_leads_nowhere_is_not_read() -> None:
    sockets = Sockets(lambda _: "openai-chat")
    events: list[Event] = [SocketOpened(1, upgrade()), said(1, 2, create(user("Plan it")), True), SocketClosed(1, 3.0)]
    assert [each for event in events for each in sockets.read(event)] == []


def test_sockets_do_not_mix() -> None:
    sockets = Sockets(lambda _: "openai-responses")
    events: list[Event] = [SocketOpened(number, upgrade()) for number in (1, 2)]
    talk: list[Event] = [said(number, 10 + number, create(user(f"Plan {number}")), True) for number in (1, 2)]
    talk += [said(number, 20, each, False) for each in answer("r1") for number in (2, 1)]
    found = gathered(each for event in [*events, *talk] for each in sockets.read(event))
    assert [one.texts for one in found] == [["user: Plan 1"], ["user: Plan 2"]]
    assert [len(one.events) for one in found] == [3, 3]


def test_so_many_are_open_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy.sockets, "MAX_OPEN", 1)
    sockets = Sockets(lambda _: "openai-responses")
    events: list[Event] = [
        SocketOpened(1, upgrade()),
        said(1, 10, create(user("Plan it")), True),
        SocketOpened(2, upgrade()),
    ]
    (one,) = gathered(each for event in events for each in sockets.read(event))
    assert one.ended is not None
    assert list(sockets.read(SocketClosed(1, 9.0))) == []


def test_so_much_is_remembered_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is forgotten is what was silent longest."""
    monkeypatch.setattr(proxy.sockets, "MAX_REMEMBERED_CHARS", 6_000)
    sockets = Sockets(lambda _: "openai-responses")
    events: list[Event] = [SocketOpened(number, upgrade()) for number in (1, 2)]
    for number in (1, 2):
        events += [said(number, 10 + number, create(user("x" * 4_000)), True)]
        events += [said(number, 20, each, False) for each in answer(f"r{number}", assistant("planned"))]
    for number in (1, 2):
        events += [said(number, 30 + number, create(user("Ship it"), previous_response_id=f"r{number}"), True)]
    found = gathered(each for event in events for each in sockets.read(event))
    assert [len(one.body["input"]) for one in found] == [1, 1, 1, 3]


NAMES = [
    "type",
    "response",
    "id",
    "item",
    "item_id",
    "previous_response_id",
    "stream_id",
    "input",
    "content",
    "role",
    "text",
    "transcript",
    "steer",
    "session",
    "audio",
    "transcription",
    "output",
    "error",
    "status",
]
TYPES = [
    "response.create",
    "response.append",
    "response.steer",
    "response.created",
    "response.completed",
    "response.done",
    "response.output_item.done",
    "response.steer.failed",
    "error",
    "conversation.item.create",
    "session.created",
    "input_audio_buffer.committed",
    "conversation.item.input_audio_transcription.completed",
]
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["r1", "r2", "user", *TYPES])
MESSAGES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@given(
    st.sampled_from(sorted(SPEECHES)),
    st.lists(
        st.tuples(st.booleans(), st.none() | st.sampled_from(TYPES), MESSAGES | st.binary(max_size=9)), max_size=12
    ),
)
def test_whatever_is_said_gives_exchanges_in_order(dialect: str, talk: list[tuple[bool, str | None, object]]) -> None:
    """Each is asked once, answered in order, and ended once: `gathered` sees to it."""
    socket = Socket(dialect)
    for from_client, kind, message in talk:
        if isinstance(message, dict) and kind is not None:
            message = {**message, "type": kind}
        (socket.client if from_client else socket.server)(message)
    assert all(one.ended for one in socket.close().exchanges)
