import pytest

from proxy.sockets import responses
from tests.proxy.sockets.talking import Socket, answer, assistant, create, user

CALL = {"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "much"}


def talk() -> Socket:
    return Socket("openai-responses")


def steer(response: str, text: str) -> dict[str, object]:
    return {"type": "response.steer", "previous_response_id": response, "input": text}


def test_a_message_that_asks_and_its_answer_are_an_exchange() -> None:
    one, two = answer("r1", assistant("hi")), answer("r2")
    socket = talk().client(create(user("Plan it"))).server(*one).client(create(user("Ship it"))).server(*two)
    first, second = socket.exchanges
    assert (
        first.asked.body == b'{"type": "response.create", "model": "m", "input": [' + first.asked.body.split(b"[", 1)[1]
    )
    assert (first.asked.method, first.asked.path, first.asked.peer) == ("WEBSOCKET", "/v1/responses", "10.0.0.1")
    assert first.asked.headers["user-agent"] == "codex/1"
    assert first.asked.body_bytes == len(first.asked.body)
    assert first.began is not None
    assert (first.began.status, first.began.headers["content-type"]) == (101, "text/event-stream")
    assert first.events == [each["type"] for each in one]
    assert second.events == [each["type"] for each in two]
    assert [(each.ended.whole, each.ended.missed) for each in socket.exchanges if each.ended] == [(True, False)] * 2


def test_line_ends_within_a_message_end_no_event() -> None:
    socket = talk().client(create(user("Plan it")))
    socket.server(b'{"type":\r\n "response.created",\n"response": {"id": "r1"}}', *answer("r1")[1:])
    assert socket.exchanges[0].events[0] == "response.created"


def test_what_the_assistant_remembers_is_put_back() -> None:
    """Messages hold what is new alone; whole bodies fold as those of HTTP do."""
    socket = talk().client(create(user("Plan it"), instructions="be brief"))
    socket.server(*answer("r1", {"type": "reasoning"}, CALL))
    socket.client(create(RESULT, previous_response_id="r1")).server(*answer("r2", assistant("planned")))
    socket.client(create(user("Ship it"), previous_response_id="r2", instructions="x")).server(*answer("r3"))
    _, second, third = socket.exchanges
    assert second.texts == ["user: Plan it", "reasoning: ", "function_call: ", "function_call_output: "]
    assert third.texts == [*second.texts, "assistant: planned", "user: Ship it"]
    assert third.body["instructions"] == "x"
    assert "previous_response_id" not in third.body
    assert "much" not in str(third.body)


def test_items_that_come_at_the_end_alone_are_remembered() -> None:
    end = {"type": "response.completed", "response": {"id": "r1", "output": [assistant("planned")]}}
    socket = talk().client(create(user("Plan it"))).server(end)
    socket.client({"type": "response.create", "input": "Ship it", "previous_response_id": "r1"})
    assert socket.exchanges[1].texts == ["user: Plan it", "assistant: planned", "user: Ship it"]


def test_a_response_that_is_not_known_is_no_history() -> None:
    socket = talk().client(create(user("Ship it"), previous_response_id="r0"))
    (one,) = socket.exchanges
    assert one.body["previous_response_id"] == "r0"
    assert one.texts == ["user: Ship it"]


def test_older_clients_append_to_the_newest_response() -> None:
    socket = talk().client(create(user("Plan it"))).server(*answer("r1", assistant("planned")))
    socket.client({"type": "response.append", "input": [user("Ship it")]})
    assert socket.exchanges[1].texts == ["user: Plan it", "assistant: planned", "user: Ship it"]


def test_a_conversation_may_branch() -> None:
    socket = talk().client(create(user("Plan it"))).server(*answer("r1", assistant("planned")))
    for text in ("Ship it", "Drop it"):
        socket.client(create(user(text), previous_response_id="r1")).server(*answer(text, assistant("done")))
    assert socket.exchanges[2].texts == ["user: Plan it", "assistant: planned", "user: Drop it"]


def test_asks_side_by_side_get_each_its_own_answer() -> None:
    """By lane where messages name one, and by the response's id."""
    one, two = answer("r1", stream_id="a"), answer("r2", stream_id="b")
    socket = talk().client(create(user("Plan it"), stream_id="a")).client(create(user("Ship it"), stream_id="b"))
    for pair in zip(two, one, strict=True):
        socket.server(*pair)
    assert [each.events for each in socket.exchanges] == [[each["type"] for each in one]] * 2
    assert [each.answer.count(id_) for each, id_ in zip(socket.exchanges, (b"r1", b"r2"), strict=True)] == [2, 2]


def test_asks_of_one_lane_are_answered_in_their_order() -> None:
    socket = talk().client(create(user("Plan it"))).client(create(user("Ship it")))
    socket.server(*answer("r1"), *answer("r2"))
    assert [each.answer.count(id_) for each, id_ in zip(socket.exchanges, (b"r1", b"r2"), strict=True)] == [2, 2]


def test_an_answer_that_overtakes_is_told_by_its_id() -> None:
    one, two = answer("r1"), answer("r2")
    socket = talk().client(create(user("Plan it"))).client(create(user("Ship it")))
    socket.server(one[0], two[0], two[-1], one[-1])
    assert [each.answer.count(id_) for each, id_ in zip(socket.exchanges, (b"r1", b"r2"), strict=True)] == [2, 2]


def test_what_is_refused_has_an_answer_too() -> None:
    error = {"type": "error", "status": 429, "error": {"code": "rate_limit_exceeded"}}
    socket = talk().client(create(user("Plan it"))).server(error).client(create(user("Plan it"))).server(*answer("r1"))
    first, second = socket.exchanges
    assert first.began is not None
    assert first.began.status == 429
    assert first.events == ["error"]
    assert second.events[-1] == "response.completed"


@pytest.mark.parametrize("status", [200, 99999, True, "429", None])
def test_a_status_that_is_none_is_not_believed(status: object) -> None:
    socket = talk().client(create(user("Plan it"))).server({"type": "error", "status": status})
    began = socket.exchanges[0].began
    assert began is not None
    assert began.status == 101


def test_nothing_refers_to_what_has_failed() -> None:
    socket = talk().client(create(user("Plan it"))).server(*answer("r1", assistant("a"), end="response.failed"))
    socket.client(create(user("Ship it"), previous_response_id="r1"))
    assert socket.exchanges[1].texts == ["user: Ship it"]


def test_what_is_typed_in_mid_run_is_an_ask_with_an_answer_of_its_own() -> None:
    socket = talk().client(create(user("Plan it"))).server(*answer("r1")[:2])
    socket.client(steer("r1", "Cheaper")).server({"type": "response.steer.accepted", "steer": {"id": "s1"}})
    socket.server(*answer("r1", end="response.incomplete")[2:], *answer("r2"))
    first, second = socket.exchanges
    assert first.events[-1] == "response.incomplete"
    assert second.texts == ["user: Plan it", "assistant: ", "user: Cheaper"]
    assert second.answer.count(b"r2") == 2


def test_all_that_is_typed_into_a_response_shares_an_answer() -> None:
    socket = talk().client(create(user("Plan it"), stream_id="a")).server(*answer("r1", stream_id="a")[:2])
    socket.client(steer("r1", "Cheaper")).client(steer("r1", "Faster"))
    socket.server(*answer("r1", stream_id="a")[2:], *answer("r2", stream_id="a"))
    _, second, third = socket.exchanges
    assert second.answer.count(b"r2") == 2
    assert third.began is None
    assert third.ended is not None


@pytest.mark.parametrize("kind", ["response.steer.failed", "response.steer.pending"])
def test_what_is_typed_and_not_taken_up_has_no_answer(kind: str) -> None:
    socket = talk().client(create(user("Plan it"))).server(*answer("r1")[:2]).client(steer("r1", "Cheaper"))
    socket.server(*answer("r1")[2:], {"type": kind, "steer": {"previous_response_id": "r1"}})
    socket.client(create(RESULT, previous_response_id="r1")).server(*answer("r2"))
    _, second, third = socket.exchanges
    assert second.events == [kind]
    assert third.answer.count(b"r2") == 2


def test_what_ends_with_the_connection_is_cut() -> None:
    socket = talk().client(create(user("Plan it"))).server(*answer("r1")[:2]).client(create(user("Ship it"))).close()
    first, second = socket.exchanges
    assert [(each.ended.whole, each.ended.body_bytes > 0) for each in (first, second) if each.ended] == [
        (False, True),
        (False, False),
    ]
    socket.server(*answer("r1"))
    assert len(socket.exchanges) == 2


@pytest.mark.parametrize("message", [b'{"type":"response.create"', b'{"type":"response.create","input":"\xff"}'])
def test_an_ask_that_cannot_be_read_is_an_ask(message: bytes) -> None:
    socket = talk().client(message).server(*answer("r1"))
    (one,) = socket.exchanges
    assert one.asked.body == message
    assert one.events[-1] == "response.completed"


def test_an_ask_over_the_cap_is_known_as_cut() -> None:
    socket = talk().client(b'{"type":"response.create","in', cut=True, size=99_000_000)
    (one,) = socket.exchanges
    assert (one.asked.cut, one.asked.body_bytes) == (True, 99_000_000)


def test_an_answer_s_message_over_the_cap_is_missed() -> None:
    socket = talk().client(create(user("Plan it"))).server(b'{"type":"resp', cut=True, size=9_000_000)
    socket.server(*answer("r1"))
    (one,) = socket.exchanges
    assert one.ended is not None
    assert one.ended.missed
    assert one.ended.body_bytes > 9_000_000


@pytest.mark.parametrize(
    "message",
    [b"", b"[]", b"no json", {}, {"type": "response.cancel"}, {"type": []}, {"type": "response.processed"}],
)
def test_what_asks_nothing_is_no_exchange(message: object) -> None:
    assert talk().client(message).server(message).events == []


def test_a_binary_message_asks_nothing() -> None:
    assert talk().client(b"\x00\x01", text=False).events == []


def test_so_many_asks_are_under_way_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_UNDER_WAY", 2)
    socket = talk()
    for number in range(4):
        socket.client(create(user(str(number))))
    assert [each.ended is not None for each in socket.exchanges] == [True, True, False, False]


def test_so_many_items_of_an_answer_are_remembered_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_PRODUCED", 2)
    socket = talk().client(create(user("Plan it"))).server(*answer("r1", *(assistant(str(n)) for n in range(5))))
    socket.client(create(user("Ship it"), previous_response_id="r1"))
    assert socket.exchanges[1].texts == ["user: Plan it", "assistant: 0", "assistant: 1", "user: Ship it"]


def test_what_belongs_to_no_ask_is_passed_over() -> None:
    socket = talk().client(create(user("Plan it"), stream_id="a")).server({"type": "response.other", "stream_id": "b"})
    assert socket.exchanges[0].began is None


def test_nothing_refers_to_an_answer_without_an_id() -> None:
    socket = talk().client(create(user("Plan it"))).server({"type": "response.completed", "response": {"output": []}})
    socket.client({"type": "response.append", "input": "Ship it"})
    assert socket.exchanges[1].body["input"] == "Ship it"
