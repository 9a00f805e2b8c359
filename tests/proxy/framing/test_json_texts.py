"""JSON is cut into texts however its bytes come, and read within bounds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.exchange import UnreadableExchange
from proxy.framing import Part, json_texts, read_json
from proxy.framing.json_texts import CodedLines, JsonLines, JsonList, WholeBody
from tests.proxy.framing.cutting import bytewise, parts, pieces


def test_a_whole_body_is_one_part() -> None:
    """It ends when its bytes do."""
    assert parts(WholeBody(), b'{"a', b'":1}') == [Part(b'{"a":1}')]
    assert parts(WholeBody()) == []


def test_a_whole_body_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first byte over the bound is refused."""
    monkeypatch.setattr(json_texts, "MAX_WHOLE_BYTES", 8)
    body = WholeBody()
    body.feed(b"12345678")
    with pytest.raises(UnreadableExchange, match="too large"):
        body.feed(b"9")


LINES = [
    pytest.param(b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], id="line feeds"),
    pytest.param(b'{"a":1}\r\n{"b":2}\r\n', [b'{"a":1}', b'{"b":2}'], id="both"),
    pytest.param(b'{"a":1}\n\n \n{"b":2}', [b'{"a":1}', b'{"b":2}'], id="blank lines, and no end"),
    pytest.param(b'{"a":1}\n{"b"', [b'{"a":1}', b'{"b"'], id="cut"),
    pytest.param(b"\n", [], id="nothing"),
]


@pytest.mark.parametrize(("body", "texts"), LINES)
def test_each_line_is_a_part(body: bytes, texts: list[bytes]) -> None:
    """Whole and a byte at a time."""
    assert parts(JsonLines(), body) == parts(JsonLines(), *bytewise(body)) == [Part(text) for text in texts]


def test_each_line_behind_its_code_is_a_part() -> None:
    """Whole and a byte at a time."""
    body = b'f:{"a":1}\n0:"b:c"\n\xe9:2\nnone'
    said = [Part(b'{"a":1}', "f"), Part(b'"b:c"', "0"), Part(b"2", "\ufffd"), Part(b"", "none")]
    assert parts(CodedLines(), body) == parts(CodedLines(), *bytewise(body)) == said


LISTS = [
    pytest.param(b'[{"a":1}\n,\r\n{"b":[2,{}]}\n]', [b'{"a":1}', b'{"b":[2,{}]}'], True, id="as Gemini sends it"),
    pytest.param(b'\xef\xbb\xbf [{"a":1}]', [b'{"a":1}'], True, id="byte order mark"),
    pytest.param(b'[{"a":"],}[\\"\\\\"},1]', [b'{"a":"],}[\\"\\\\"}', b"1"], True, id="signs in a text"),
    pytest.param(b"[]", [], True, id="empty"),
    pytest.param(b'[{"a":1}', [b'{"a":1}'], False, id="cut behind an element"),
    pytest.param(b'[{"a":1},{"b"', [b'{"a":1}', b'{"b"'], False, id="cut in an element"),
    pytest.param(b'[{"a":"\\', [b'{"a":"\\'], False, id="cut behind a backslash"),
    pytest.param(b'[{"a":1}] [{"b":2}]', [b'{"a":1}'], True, id="what follows is nothing"),
    pytest.param(b'[}},{"a":1}]', [b"}}", b'{"a":1}'], True, id="brackets that close nothing"),
    pytest.param(b"gone", [], False, id="no list"),
]


@pytest.mark.parametrize(("body", "texts", "whole"), LISTS)
def test_each_element_of_a_list_is_a_part(body: bytes, texts: list[bytes], whole: bool) -> None:
    """Whole and a byte at a time."""
    for fed in ([body], bytewise(body)):
        elements = JsonList()
        assert parts(elements, *fed) == [Part(text) for text in texts]
        assert elements.whole is whole


def test_an_element_is_given_when_it_is_complete() -> None:
    """A client that leaves in the middle has had its parts counted."""
    elements = JsonList()
    assert list(elements.feed(b'[{"a":1}')) == []
    assert list(elements.feed(b",")) == [Part(b'{"a":1}')]


@pytest.mark.parametrize("framing", [JsonLines, JsonList])
def test_an_oversized_text_is_skipped(framing: type[JsonLines | JsonList], monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is read."""
    monkeypatch.setattr(json_texts, "MAX_EVENT_BYTES", 16)
    texts = ['"' + "x" * 15 + '"', '"' + "y" * 14 + '"']
    body = ("\n".join(texts) if framing is JsonLines else f"[{','.join(texts)}]").encode()
    assert parts(framing(), body) == parts(framing(), *bytewise(body)) == [Part(texts[1].encode())]


@pytest.mark.parametrize("body", [b"[[[[[[", b'["","","', b'["\\"\\"\\"\\"', b"[1,1,1,1,1,1"])
def test_a_list_that_would_take_minutes_is_refused(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sign takes microseconds, and no stream of an answer has a million."""
    monkeypatch.setattr(json_texts, "MAX_JSON_VALUES", 4)
    for fed in ([body], bytewise(body)):
        with pytest.raises(UnreadableExchange, match="too many"):
            parts(JsonList(), *fed)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a"\\[]{},é', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('k"\\]', max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(values=st.lists(json_values, max_size=4), cuts=st.lists(st.integers(0, 80), max_size=4), spaced=st.booleans())
def test_any_list_is_cut_into_its_elements(values: list[object], cuts: list[int], spaced: bool) -> None:
    """In any split, and so is any value a line."""
    body = json.dumps(values, indent=1 if spaced else None).encode()
    assert [json.loads(part.data) for part in parts(JsonList(), *pieces(body, cuts))] == values
    lines = "\n".join(map(json.dumps, values)).encode()
    assert [json.loads(part.data) for part in parts(JsonLines(), *pieces(lines, cuts))] == values


@settings(deadline=None)
@given(
    body=st.lists(st.sampled_from([*(b'[ ] { } , " \\ \\" \n x'.split(b" ")), b"y" * 20])).map(b"".join),
    cuts=st.lists(st.integers(0, 60)),
)
def test_texts_do_not_depend_on_how_bytes_come(body: bytes, cuts: list[int]) -> None:
    """Any bytes, in any split."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_texts, "MAX_EVENT_BYTES", 24)
        for framing in (JsonLines, JsonList):
            assert parts(framing(), *pieces(body, cuts)) == parts(framing(), body)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="equal keys"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="byte order mark"),
        pytest.param(b"[Infinity, 1e999]", [float("inf"), float("inf")], id="no finite number"),
    ],
)
def test_odd_json_is_read(text: bytes, value: object) -> None:
    """As most readers do."""
    assert read_json(text) == value


def test_no_number_is_read() -> None:
    """NaN is what some servers write for nothing."""
    assert read_json(b"NaN") != read_json(b"NaN")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(b"", "no JSON", id="nothing"),
        pytest.param(b'{"a": "secret', "no JSON", id="cut"),
        pytest.param(b'"\xff secret"', "UTF-8", id="no UTF-8"),
        pytest.param('{"secret": 1}'.encode("utf-16"), "UTF-8", id="UTF-16"),
        pytest.param(b"[" * 100_000, "too deep", id="nested lists"),
        pytest.param(b'{"a":' * 100_000, "too deep", id="nested objects"),
        pytest.param(b"9" * 5_000, "no JSON", id="a number that takes minutes"),
    ],
)
def test_what_is_no_json_is_refused(text: bytes, fault: str) -> None:
    """In one sentence that quotes nothing, with nothing behind it that does."""
    with pytest.raises(UnreadableExchange, match=fault) as refusal:
        read_json(text)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_json_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of brackets takes twenty times its size."""
    monkeypatch.setattr(json_texts, "MAX_JSON_VALUES", 3)  # and so no shorter text can hold more
    assert read_json(b"[[],0]") == [[], 0]
    with pytest.raises(UnreadableExchange, match="too many"):
        read_json(b"[[],{}]")
