"""Bends the golden cases out of shape, as hypothesis chooses."""

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.proxy.compressing import COMPRESSED
from tests.proxy.golden import Case, cases

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e400,
    10**30,
    "",
    "\ud800\x00",
    "x" * 2_000,
    [],
    {},
    [[]],
    {"type": "text", "text": "Go"},
    {"role": "user", "content": "Go"},
    "<system-reminder>",
    "user",
    "data: [DONE]",
)
BYTES = (
    b"",
    b"\x00",
    b"\xff",
    b'"',
    b"\\",
    b"{",
    b"[",
    b"]",
    b"}",
    b",",
    b":",
    b"\r\n\r\n",
    b"data: ",
    b"event: error\n",
)


def json_places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(each for step, below in inner for each in json_places(below, (*place, step)))]


@st.composite
def bent(draw: st.DrawFn, value: Any) -> Any:
    """Swap, repeat, nest or drop a few values of a JSON value."""
    value = [copy.deepcopy(value)]  # so that the whole has a place too
    for _ in range(draw(st.integers(0, 4))):
        *above, step = draw(st.sampled_from(json_places(value)[1:] or [(0,)]))
        holder = value
        for each in above:
            holder = holder[each]
        match draw(st.sampled_from(["swap", "move", "nest", "drop", "repeat"])):
            case "swap":
                holder[step] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "move":
                from_: Any = value
                for each in draw(st.sampled_from(json_places(value))):
                    from_ = from_[each]
                holder[step] = copy.deepcopy(from_)
            case "nest":
                for _ in range(draw(st.sampled_from([1, 3, 60]))):
                    holder[step] = [holder[step]] if draw(st.booleans()) else {"content": holder[step]}
            case "drop" if len(holder) > 1:
                del holder[step]
            case "repeat" if isinstance(holder, list):
                holder[:] = (holder * draw(st.sampled_from([2, 5])))[:500]
    return value[0]


@st.composite
def broken(draw: st.DrawFn, data: bytes) -> bytes:
    """Flip, cut, repeat or put in a few bytes."""
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(data)))
        end = draw(st.integers(begin, min(len(data), begin + 200)))
        piece = data[begin:end]
        match draw(st.sampled_from(["flip", "cut", "repeat", "put", "end"])):
            case "flip":
                data = data[:begin] + bytes(byte ^ draw(st.integers(1, 255)) for byte in piece[:3]) + data[begin + 3 :]
            case "cut":
                data = data[:begin] + data[end:]
            case "repeat":
                data = data[:end] + piece * draw(st.sampled_from([1, 2, 50])) + data[end:]
            case "put":
                data = data[:begin] + draw(st.sampled_from(BYTES) | st.binary(max_size=8)) + data[begin:]
            case "end":
                data = data[:begin]
    return data


@st.composite
def split(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """Cut bytes into the pieces that a network might make of them."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6)))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@st.composite
def exchanges(draw: st.DrawFn, kind: str) -> tuple[Case, str, bytes]:
    """Bend a case of a kind; give it with its coding and its body."""
    case = draw(st.sampled_from(_cases(kind)))
    content = dict(case.content)
    if isinstance(content["body"], dict):
        content["body"] = draw(bent(content["body"]))
        data = json.dumps(content["body"]).encode()
    else:
        data = case.body
    data = draw(broken(data))
    coding, compress = draw(st.sampled_from(list(COMPRESSED.values())) | st.just(("identity", _plain)))
    return case, coding, draw(broken(compress(data))) if draw(st.booleans()) else compress(data)


@cache
def _cases(kind: str) -> list[Case]:
    return cases(kind)


_plain: Callable[[bytes], bytes] = bytes
