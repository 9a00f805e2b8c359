from proxy.conversation import CUT_MARK, HISTORY_CHARS
from proxy.sockets.memory import BEGINNING_ITEMS, ITEM_CHARS, MAX_CHARS, MAX_CONVERSATIONS, Memory, chars, kept
from tests.proxy.sockets.talking import assistant, user


def test_what_tells_asks_apart_is_kept() -> None:
    items = [
        "no item",
        {"role": "user", "content": "Plan it", "id": "msg_1"},
        {"type": "function_call", "arguments": "x" * 1000, "call_id": "c1"},
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Go"}, {"type": "input_image"}, 7],
        },
        {"type": 7, "role": "user", "content": 7},
    ]
    assert kept(items) == [
        {"role": "user", "content": "Plan it"},
        {"type": "function_call"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go"}, {"type": "input_image"}]},
        {"role": "user"},
    ]
    assert kept("Plan it") == [{"type": "message", "role": "user", "content": "Plan it"}]
    assert kept(None) == []


def test_an_ask_is_kept_whole_and_an_answer_in_part() -> None:
    """What tells an ask is its text, to the last character."""
    long = "x" * 100_000
    ask, answer = kept([user(long), assistant(long)])
    assert ask["content"][0]["text"] == long
    assert len(answer["content"][0]["text"]) == HISTORY_CHARS + len(CUT_MARK)


def test_so_many_conversations_are_kept() -> None:
    memory = Memory()
    for number in range(MAX_CONVERSATIONS + 1):
        memory.keep(str(number), [user(str(number))])
        memory.recall("1")
    assert memory.recall("0") == []
    assert memory.recall("1") == [user("1")]
    assert memory.newest == str(MAX_CONVERSATIONS)


def test_of_a_long_conversation_the_middle_is_let_go() -> None:
    memory = Memory()
    items = [user(f"{number:04} " + "x" * 10_000) for number in range(300)]
    memory.keep("r1", items)
    left = memory.recall("r1")
    assert memory.chars == chars(left) <= MAX_CHARS
    assert left[:BEGINNING_ITEMS] == items[:BEGINNING_ITEMS]
    assert left[-50:] == items[-50:]


def test_one_item_is_always_left() -> None:
    memory = Memory()
    memory.keep("r1", [*[user("")] * BEGINNING_ITEMS, user("x" * 2 * MAX_CHARS), user("Go")])
    assert memory.recall("r1")[-1] == user("Go")
    memory.forget()
    assert memory.recall("r1") == []
    assert (memory.chars, memory.newest) == (0, None)


def test_an_item_takes_room_beside_its_text() -> None:
    assert chars([{"type": "reasoning"}]) == ITEM_CHARS
    assert chars([{"role": "user", "content": "four"}]) == ITEM_CHARS + 4
