"""How a turn is put before the encoder: what the person says apart from what was pasted, and the conversation before.

Everything is cut here, before tokenising, which otherwise reads the whole text. It leaves out what the words mean.
"""

# ruff: noqa: E501 - a pattern broken over lines reads worse

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.records import Message

SAID_HEAD, SAID_TAIL = 420, 220  # characters kept of what the person says
MATERIAL_HEAD, MATERIAL_TAIL = 140, 60  # characters kept of what was pasted
WHOLE = 720  # characters up to which a prompt is shown as it is
EARLIER_ASK, EARLIER_ANSWER = 240, 320  # characters kept of the last messages before
DENSE_SCRIPT = 3  # a Chinese, Japanese or Korean character is worth about that many Latin ones in word pieces
READ_AT_MOST = 60_000  # characters of a prompt that are looked at: its first and last halves

FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
CODE_LINE = re.compile(
    r"[;{}]\s*$|^\s*(?:def|class|import|from|return|if|for|while|const|let|var|func|fn|public|private|#include|SELECT|INSERT|"
    r"UPDATE|CREATE|FROM|WHERE|JOIN|GROUP BY|ORDER BY|</?\w+[ />])\b.*[(){}=:;,<>]|^\s*(?://|#!|/\*|--\s)|^\s*[\w.\[\]\"']+\s*(?:=|:=|\+=)\s*\S"
)
LOG_LINE = re.compile(
    r"^\s*\[?\d{4}-\d\d-\d\d|^\s*\d\d:\d\d:\d\d|\b(?:ERROR|WARN|INFO|DEBUG|FATAL|TRACE)\b|^\s*at [\w.$]+\(|^Traceback|^\s*File \"|^\w*(?:Error|Exception)\b:"
)
TABLE_LINE = re.compile(r"\S+\s*(?:\||\t|,|;)\s*\S*(?:\s*(?:\||\t|,|;)\s*\S*){2,}")
QUOTED_LINE = re.compile(r"^\s*>|^(?:From|To|Cc|Sent|Date|Subject):\s")
DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class View:
    """One turn as the judge reads it."""

    said: str = field(repr=False)  # the person's own words
    material: str = field(repr=False)  # pasted code, logs, tables, quoted mail
    ask: str = field(repr=False)  # what the encoder reads of the prompt: `said`, then a glimpse of `material`, cut
    earlier: str = field(repr=False)  # what the encoder reads of the conversation; "" for a first turn
    earlier_ask: str = field(repr=False)  # the last human message before, whole; "" when there is none
    earlier_answer: str = field(repr=False)  # the assistant's last message before, whole; "" when there is none
    earlier_asks: int  # human messages before this one


def view(text: str, context: Sequence[Message] = ()) -> View:
    """Take a turn apart."""
    text = bounded(text.strip())
    said, material = divide(text)
    asks = [message.text for message in context if message.role == "user"]
    answer = next((message.text for message in reversed(context) if message.role == "assistant"), "")
    earlier_ask = bounded(asks[-1].strip()) if asks else ""
    earlier_answer = bounded(answer.strip())
    return View(
        said=said,
        material=material,
        ask=shown(text, said, material),
        earlier=" ".join(
            filter(
                None, (cut(earlier_ask, EARLIER_ASK, 0), cut(earlier_answer, EARLIER_ANSWER // 2, EARLIER_ANSWER // 2))
            )
        ),
        earlier_ask=earlier_ask,
        earlier_answer=earlier_answer,
        earlier_asks=len(asks),
    )


def shown(text: str, said: str, material: str) -> str:
    """Write what the encoder reads of a prompt."""
    if len(text) <= WHOLE // (DENSE_SCRIPT if dense(text) else 1):
        return text
    parts = (cut(said, SAID_HEAD, SAID_TAIL), cut(material, MATERIAL_HEAD, MATERIAL_TAIL))
    return " ".join(filter(None, parts))


def divide(text: str) -> tuple[str, str]:
    """Split a prompt into the person's own words and what was pasted. The words are never empty unless the text is."""
    pasted: list[str] = []

    def take(match: re.Match[str]) -> str:
        pasted.append(match.group(0).strip("`\n "))
        return "\n"

    said: list[str] = []
    for line in FENCE.sub(take, text).split("\n"):
        (pasted if is_pasted(line) else said).append(line)
    own = "\n".join(said).strip()
    return (own, "\n".join(pasted).strip()) if own else (text, "")


def is_pasted(line: str) -> bool:
    """Tell whether a line looks like code, a log, a table row or quoted mail rather than a sentence."""
    line = line[:400]
    return any(pattern.search(line) for pattern in (CODE_LINE, LOG_LINE, TABLE_LINE, QUOTED_LINE)) and not is_sentence(
        line
    )


def is_sentence(line: str) -> bool:
    """Tell whether a line reads as prose: several plain words and few signs."""
    words = re.findall(r"(?<![\w.])[^\W\d_]{2,}(?![\w(=.])", line)
    signs = len(re.findall(r"[{}=<>|\\;\[\]\t]", line))
    return len(words) >= 6 and signs <= 1 and not LOG_LINE.search(line) and not QUOTED_LINE.search(line)


def cut(text: str, head: int, tail: int) -> str:
    """Keep the first `head` and the last `tail` characters, fewer in dense scripts."""
    if dense(text):
        head, tail = head // DENSE_SCRIPT, tail // DENSE_SCRIPT
    if len(text) <= head + tail:
        return text
    return text[:head].rstrip() + (" … " + text[-tail:].lstrip() if tail else " …")


def dense(text: str) -> bool:
    """Tell whether most of a text's beginning is written in a script without spaces."""
    start = text[:400]
    return len(DENSE.findall(start)) * 3 > len(start)


def bounded(text: str) -> str:
    """Drop the middle of a text too long to look at, and what UTF-8 cannot hold (lone surrogates)."""
    half = READ_AT_MOST // 2
    text = text if len(text) <= READ_AT_MOST else text[:half] + "\n" + text[-half:]
    return text.encode("utf-8", "replace").decode("utf-8")
