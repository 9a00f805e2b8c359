"""Finds what was asked in a conversation, whatever dialect it came in.

A round is what people and tools said between two messages of the assistant; an ask is a round in which a human spoke.
Where a client says that each message is an ask of its own, the answer that is missing between two was interrupted, and
ends a round too. The last round is the tail. Leaves out how messages look on the wire (`interpreter.py`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.records import Message, Role
from proxy.dialects.table import Speaker
from proxy.reading import TailKind

# The longest ask kept whole: 50,000 tokens or a hundred pages, past which it is a file and no words of a person. What
# is cut is the middle, since people say what they want first or last.
MAX_ASK_CHARS = 200_000
# What a judgement reads of the conversation before; the ledger holds this for every turn that waits.
HISTORY_MESSAGES = 12
HISTORY_CHARS = 2_000  # of each
MAX_NAME_CHARS = 512  # of a model, user or conversation; what is longer is no name. The longest known have 250
CUT_MARK = "\n[...]\n"

_ROLES: Mapping[Speaker | None, Role] = {"human": "user", "assistant": "assistant"}
# SQLite refuses lone surrogates, and its functions take NUL for the end.
_UNFIT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `speaker` None or system: nobody who counts said it."""

    speaker: Speaker | None
    text: str = field(repr=False, default="")  # without what tools say; "" where there is none
    tool_results: bool = False  # a human's message that carries what tools say
    asks: tuple[str, ...] = field(repr=False, default=())  # its texts, where each is an ask of its own


@dataclass(frozen=True, slots=True)
class Asked:
    """What a conversation asks. See `proxy.reading.Request` for each."""

    tail: TailKind
    text: str = field(repr=False)
    history: tuple[Message, ...] = field(repr=False)
    opening: str = field(repr=False)
    place: int


@dataclass(slots=True)
class _Round:
    """What was said between two messages of the assistant."""

    begin: int  # index of its first message
    texts: list[str] = field(default_factory=list, repr=False)
    human: bool = False
    tools: bool = False

    def add(self, said: Said, text: str) -> None:
        self.tools |= said.speaker == "tool" or said.tool_results
        if said.speaker == "human":
            self.human = True
            if text:
                self.texts.append(text)

    @property
    def asks(self) -> bool:
        # Agents hand over pictures that a tool made as a human's message without text.
        return bool(self.texts) or (self.human and not self.tools)

    @property
    def kind(self) -> TailKind:
        if self.tools:
            return "mixed" if self.texts else "tool_results"
        return "text" if self.texts else "empty"

    @property
    def text(self) -> str:
        return fit("\n\n".join(self.texts), MAX_ASK_CHARS)


def asked(conversation: Sequence[Said]) -> Asked:
    """Find the last ask and what came before it.

    It is the tail, or the last ask before where nobody asks there: a tool loop, or an answer that the client began.
    """
    rounds = _rounds(conversation)
    asks = [each for each in rounds if each.asks]
    begin = asks[-1].begin if asks else rounds[-1].begin
    return Asked(
        tail=rounds[-1].kind,
        text=asks[-1].text if asks else "",
        history=_history(conversation[:begin]),
        opening=asks[0].text if asks else "",
        place=max(0, len(asks) - 1),
    )


def _rounds(conversation: Sequence[Said]) -> list[_Round]:
    rounds = [_Round(0)]
    for index, said in enumerate(conversation):
        if said.speaker == "assistant":
            rounds.append(_Round(index + 1))
            continue
        for text in said.asks or (said.text,):
            if said.asks and rounds[-1].texts:
                rounds.append(_Round(index))
            rounds[-1].add(said, text)
    return rounds


def _history(before: Sequence[Said]) -> tuple[Message, ...]:
    messages: list[Message] = []
    for said in reversed(before):
        if said.text and said.speaker in _ROLES:
            messages.append(Message(_ROLES[said.speaker], fit(said.text, HISTORY_CHARS)))
            if len(messages) == HISTORY_MESSAGES:
                break
    return tuple(reversed(messages))


def fit(text: str, max_chars: int) -> str:
    """Make a text fit for the ledger: no longer than `max_chars` and the mark, and without what SQLite can't hold.

    Of a longer text three quarters come from its beginning and one from its end.
    """
    if len(text) > max_chars:
        end = max_chars // 4
        text = text[: max_chars - end] + CUT_MARK + text[-end:]
    return _UNFIT.sub("�", text)
