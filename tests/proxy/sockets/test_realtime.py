import base64
import json
from typing import Any

import pytest

from proxy.sockets import realtime
from tests.proxy.sockets.talking import Socket, assistant, user

TRANSCRIBES = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}
OLDER = {"input_audio_transcription": {"model": "whisper-1"}}
RESPOND = {"type": "response.create"}
CALL = {"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"}


def talk(**session: Any) -> Socket:
    opened = {"type": "session.created", "session": {"id": "sess_1", "model": "m", **session}}
    return Socket("openai-realtime").server(opened)


def typed(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": {**user(text), **fields}}


def spoken(id_: str) -> dict[str, Any]:
    return {"type": "input_audio_buffer.committed", "item_id": id_}


def heard(id_: str, text: str) -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.completed"
    return {"type": kind, "item_id": id_, "transcript": text}


def created(id_: str) -> dict[str, Any]:
    return {"type": "response.created", "response": {"id": id_}}


def done(id_: str, *output: Any) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 2}
    return {"type": "response.done", "response": {"id": id_, "status": "completed", "output": output, "usage": usage}}


def test_what_is_typed_is_asked_once_an_answer_is_wanted() -> None:
    socket = talk().client(typed("Plan it"))
    assert socket.events == []
    delta = {"type": "response.output_text.delta", "response_id": "r1", "delta": "a"}
    socket.client(RESPOND).server(created("r1"), delta, done("r1", assistant("planned")))
    (one,) = socket.exchanges
    assert one.body == {"model": "m", "session": "sess_1", "stream": True, "input": [user("Plan it")]}
    assert one.events == ["response.created", "response.done"]
    assert one.ended is not None
    assert one.ended.whole
    told = (created("r1"), delta, done("r1", assistant("planned")))
    assert one.ended.body_bytes == sum(len(json.dumps(each)) for each in told)


def test_the_conversation_goes_on() -> None:
    socket = talk().client(typed("Plan it")).client(RESPOND).server(created("r1"), done("r1", CALL))
    output = {"type": "function_call_output", "call_id": "c1", "output": "much"}
    socket.client({"type": "conversation.item.create", "item": output}).client(RESPOND)
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "planned"}]}
    socket.server(created("r2"), done("r2", said)).client(typed("Ship it")).client(RESPOND)
    _, second, third = socket.exchanges
    assert second.texts == ["user: Plan it", "function_call: ", "function_call_output: "]
    assert third.texts == [*second.texts, "assistant: planned", "user: Ship it"]
    assert "much" not in str(third.body)


@pytest.mark.parametrize("session", [TRANSCRIBES, OLDER])
@pytest.mark.parametrize("order", ["before", "within", "after"])
def test_what_is_spoken_is_asked_by_its_transcript(session: dict[str, Any], order: str) -> None:
    """The assistant answers by its own ear, and writes down what it heard before, beside or after its answer."""
    socket = talk(**session).server(spoken("i1"))
    if order == "before":
        socket.server(heard("i1", "Move it to Thursday"))
    socket.server(created("r1"))
    if order == "within":
        assert socket.events == []
        socket.server(heard("i1", "Move it to Thursday"))
    socket.server(done("r1"))
    if order == "after":
        assert socket.events == []
        socket.server(heard("i1", "Move it to Thursday"))
    (one,) = socket.exchanges
    assert one.texts == ["user: Move it to Thursday"]
    assert one.events == ["response.created", "response.done"]
    assert one.ended is not None
    assert one.ended.whole


def test_a_client_may_ask_for_the_answer_to_what_was_spoken() -> None:
    socket = talk(**TRANSCRIBES).server(spoken("i1")).client(RESPOND).server(created("r1"), done("r1"))
    (one,) = socket.server(heard("i1", "Plan it")).exchanges
    assert one.texts == ["user: Plan it"]


def test_what_is_spoken_while_the_transcript_is_awaited_is_an_ask_of_its_own() -> None:
    socket = talk(**TRANSCRIBES).server(spoken("i1"), created("r1"), done("r1", assistant("yes")))
    socket.server(spoken("i2"), created("r2"), heard("i2", "Ship it"), heard("i1", "Plan it"), done("r2"))
    first, second = socket.exchanges
    assert first.texts == ["user: Plan it"]
    assert second.texts == ["user: Plan it", "assistant: yes", "user: Ship it"]
    assert [each.ended is not None for each in (first, second)] == [True, True]


def test_without_transcription_what_is_spoken_has_no_words() -> None:
    (one,) = talk().server(spoken("i1"), created("r1"), done("r1")).exchanges
    assert one.texts == ["user: input_audio"]


def test_what_could_not_be_heard_has_no_words() -> None:
    socket = talk(**TRANSCRIBES).server(spoken("i1"), created("r1"), done("r1"))
    failed = {"type": "conversation.item.input_audio_transcription.failed", "item_id": "i1"}
    (one,) = socket.server(failed).exchanges
    assert one.texts == ["user: input_audio"]


def test_a_client_s_own_transcript_counts() -> None:
    item = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_audio", "audio": "AAAA", "transcript": "Go"}],
    }
    (one,) = talk().client({"type": "conversation.item.create", "item": item}).client(RESPOND).exchanges
    assert one.texts == ["user: Go"]
    assert b"AAAA" not in one.asked.body


def test_sound_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = base64.b64encode(bytes(20_000)).decode()
    socket = talk().client(typed("Plan it")).client(RESPOND).server(created("r1"))
    monkeypatch.setattr("proxy.sockets.read_json", None)
    delta = {"event_id": "e1", "type": "response.output_audio.delta", "response_id": "r1", "delta": sound}
    socket.client({"type": "input_audio_buffer.append", "audio": sound}).server(delta)
    monkeypatch.undo()
    (one,) = socket.server(done("r1")).exchanges
    assert one.ended is not None
    assert one.ended.body_bytes > len(sound)


def test_an_item_over_the_cap_is_an_ask_without_words() -> None:
    socket = talk().client(b'{"type": "conversation.item.create", "item": {"ty', cut=True, size=20_000_000)
    (one,) = socket.client(RESPOND).exchanges
    assert one.texts == ["user: input_image"]


def test_the_assistant_may_speak_first() -> None:
    (one,) = talk().client(RESPOND).server(created("r1"), done("r1")).exchanges
    assert one.body["automation"] == "greeting"


def test_an_application_may_ask_beside_the_conversation() -> None:
    response = {"conversation": "none", "input": [user("Which topic is this?"), 7]}
    socket = talk().client(typed("Plan it")).client({"type": "response.create", "response": response})
    socket.client({"type": "response.create", "response": {"input": [user("Ship it")]}})
    aside, own = socket.exchanges
    assert (aside.texts, aside.body["automation"]) == (["user: Which topic is this?"], "out-of-band")
    assert own.texts == ["user: Ship it"]
    assert "automation" not in own.body


def test_answers_side_by_side_are_told_by_their_ids() -> None:
    socket = talk().client(typed("Plan it")).client(RESPOND).client(RESPOND)
    socket.server(created("r1"), created("r2"), done("r2"), done("r1"))
    assert [each.answer.count(id_) for each, id_ in zip(socket.exchanges, (b"r1", b"r2"), strict=True)] == [2, 2]


def test_an_error_concerns_the_ask_that_it_names() -> None:
    socket = talk().client(typed("Plan it")).client({**RESPOND, "event_id": "mine"})
    socket.server({"type": "error", "error": {"event_id": "other", "code": "x"}})
    assert socket.exchanges[0].ended is None
    socket.server({"type": "error", "error": {"event_id": "mine", "code": "busy"}})
    assert socket.exchanges[0].events == ["error"]
    socket.server({"type": "error", "error": {"code": "x"}}, {"type": "error"})
    assert len(socket.exchanges) == 1


def test_what_ends_with_the_connection_is_cut_and_told() -> None:
    socket = talk(**TRANSCRIBES).server(spoken("i1"), created("r1")).close()
    (one,) = socket.exchanges
    assert one.texts == ["user: input_audio"]
    assert one.ended is not None
    assert not one.ended.whole


def test_an_answer_that_had_ended_is_whole_though_its_ask_was_never_heard() -> None:
    (one,) = talk(**TRANSCRIBES).server(spoken("i1"), created("r1"), done("r1")).close().exchanges
    assert one.ended is not None
    assert one.ended.whole


def test_so_many_asks_are_under_way_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "MAX_UNDER_WAY", 2)
    socket = talk(**TRANSCRIBES)
    for number in range(4):
        socket.server(spoken(f"i{number}"), created(f"r{number}"), *[done(f"r{number}")] * (number % 2))
    assert [each.ended is not None for each in socket.exchanges] == [True, True]


def test_so_many_transcripts_are_awaited_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "MAX_UNHEARD", 1)
    socket = talk(**TRANSCRIBES).server(spoken("i1"), spoken("i2"), created("r1"), heard("i1", "x"), heard("i2", "Go"))
    assert socket.exchanges[0].texts == ["user: input_audio", "user: Go"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "session.updated"},
        {"type": "session.updated", "session": {"audio": 7}},
        {"type": "input_audio_buffer.committed"},
        {"type": "conversation.item.input_audio_transcription.completed"},
        {"type": "conversation.item.create", "item": 7},
        {"type": "response.done", "response": 7},
        {"type": "response.done"},
        {"type": "conversation.item.added", "item": {}},
        {"type": 7},
        {},
        [],
        b"no json",
    ],
)
def test_odd_messages_are_passed_over(message: Any) -> None:
    assert talk(**TRANSCRIBES).client(message).server(message).events == []
