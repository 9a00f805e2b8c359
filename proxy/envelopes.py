"""Takes a human's own words out of what their client wrote around them.

Linear in the length of the text, whatever it holds. Leaves out which client it is (`recognition.py`) and what its
envelopes look like (`clients/`).
"""

from collections.abc import Iterator, Sequence

from proxy.clients.table import Element, Envelope
from proxy.conversation import Said
from proxy.sent import Spoken


def unwrap(envelope: Envelope, messages: Sequence[Spoken]) -> list[Said]:
    """Say of each message who said what. One that holds nothing but its client's words is nobody's."""
    begin = _restart(envelope, messages)
    said: list[Said] = []
    in_setup = False  # until a human speaks again: an answer to what was dropped is dropped
    for index, message in enumerate(messages):
        dropped = index < begin or (message.speaker == "human" and _begins(message, envelope.setups))
        if message.speaker == "human":
            in_setup = dropped
        if dropped or (in_setup and message.speaker == "assistant"):
            said.append(Said(None))
        else:
            said.append(_said(envelope, message))
    return said


def _restart(envelope: Envelope, messages: Sequence[Spoken]) -> int:
    """Find the first message that counts."""
    for index in reversed(range(len(messages) if envelope.restarts else 0)):
        if messages[index].speaker == "human" and _begins(messages[index], envelope.restarts):
            return index + 1
    return 0


def _begins(message: Spoken, begins: tuple[str, ...]) -> bool:
    return bool(begins) and bool(message.texts) and message.texts[0].lstrip().startswith(begins)


def _said(envelope: Envelope, message: Spoken) -> Said:
    match message.speaker:
        case "human":
            return _human(envelope, message)
        case "assistant":
            return Said("assistant", _joined(message.texts))
        case "tool":
            replies = _replies(envelope, message.texts)
            return Said("human", _joined(replies), tool_results=True) if replies else Said("tool")
        case "system":
            asides = [words for text in message.texts if (words := _aside(envelope, text))]
            return Said("human", _joined(asides)) if asides else Said("system")
    return Said(None)


def _human(envelope: Envelope, message: Spoken) -> Said:
    if envelope.tool_heads and any(_is_head(text, envelope.tool_heads) for text in message.texts):
        return Said("human", _joined(_replies(envelope, message.texts)), tool_results=True)
    own = _own(envelope, message.texts)
    if message.results:
        own += _replies(envelope, message.results)
        own += [words for text in message.results for words in _asides_behind(envelope, text)]
    if message.texts and not own and not message.wordless and not message.tool_results:
        return Said(None)
    return Said("human", _joined(own), message.tool_results, _asks(envelope, own))


def _asks(envelope: Envelope, own: Sequence[str]) -> tuple[str, ...]:
    """Give the texts that are asks of their own, by the client's habit."""
    match envelope.asks:
        case "texts":
            return tuple(text for text in own if text.strip())
        case "messages":
            return tuple(text for text in (_joined(own),) if text)
    return ()


def _own(envelope: Envelope, texts: Sequence[str]) -> list[str]:
    """Give what is left of a message's texts."""
    own: list[str] = []
    for text in _typed(envelope, texts):
        kept, ended = _before_rest(text, envelope.rest)
        left = _left(envelope, kept)
        if left is not None and not (ended and left == ""):
            own.append(left)
        if ended:
            break
    inside = [words for text in own for words in _inside(text, envelope.inside)]
    return inside or own


def _left(envelope: Envelope, text: str) -> str | None:
    """Give what is left of one text; None: nothing. Of a client without envelopes it stays as it is."""
    start, end = _trimmed(text, 0, len(text))
    if start == end:
        return text
    if text.startswith(envelope.drops, start) or _is_whole(text, start, end, envelope.whole):
        return None
    if envelope.edges:
        text = text[slice(*_without_edges(text, start, end, envelope.edges))]
        if not text or text.startswith(envelope.drops):
            return None
    if text.strip() in envelope.synthetic:
        return None
    return _unquoted(text) if envelope.quoted else _after(text, envelope.after)


def _unquoted(text: str) -> str:
    words = text.strip()[1:-1]
    if not words or text.strip() != f'"{words}"' or '"' in words.replace('\\"', ""):
        return text  # it has quotes of its own
    return words.replace('\\"', '"')


def _without_edges(text: str, start: int, end: int, edges: tuple[Element, ...]) -> tuple[int, int]:
    """Give where the words are once every element before and behind them is taken off."""
    while (at := _begun(text, start, end, edges)) is not None:
        start, end = _trimmed(text, at, end)
    while (at := _ended(text, start, end, edges)) is not None:
        start, end = _trimmed(text, start, at)
    return start, end


def _begun(text: str, start: int, end: int, edges: tuple[Element, ...]) -> int | None:
    """Give where the element ends that stands at `start`."""
    for opening, closing in edges:
        if text.startswith(opening, start, end):
            at = text.find(closing, start + len(opening), end)
            return None if at < 0 else at + len(closing)
    return None


def _ended(text: str, start: int, end: int, edges: tuple[Element, ...]) -> int | None:
    """Give where the element begins that stands before `end`."""
    for opening, closing in edges:
        if text.endswith(closing, start, end):
            at = text.rfind(opening, start, end - len(closing))
            if at >= 0:
                return at
    return None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _is_whole(text: str, start: int, end: int, elements: tuple[Element, ...]) -> bool:
    return any(
        end - start >= len(opening) + len(closing)
        and text[start : start + len(opening)].casefold() == opening.casefold()
        and text[end - len(closing) : end].casefold() == closing.casefold()
        for opening, closing in elements
    )


def _before_rest(text: str, rest: tuple[str, ...]) -> tuple[str, bool]:
    """Cut a text where what the client appended begins; True: it did, and the texts behind are its own too."""
    found = [at for begin in rest if (at := _line(text, begin)) >= 0]
    return (text[: min(found)].rstrip(), True) if found else (text, False)


def _line(text: str, begin: str) -> int:
    """Find the first line that begins so."""
    if text.startswith(begin):
        return 0
    at = text.find("\n" + begin)
    return at if at < 0 else at + 1


def _after(text: str, elements: tuple[Element, ...]) -> str | None:
    for begin, heading in elements:
        if text.lstrip().startswith(begin) and heading in text:
            return text.rpartition(heading)[2].strip() or None
    return text


def _inside(text: str, elements: tuple[Element, ...]) -> Iterator[str]:
    """Give the inside of the last element of each kind in a text."""
    for opening, closing in elements:
        end = text.rfind(closing)
        at = text.rfind(opening, 0, end) if end >= 0 else -1
        if at < 0:
            continue
        at += len(opening)
        if opening.startswith("<") and not opening.endswith(">"):  # its attributes
            at = text.find(">", at, end) + 1
        if at and (words := text[at:end].strip()):
            yield words


def _replies(envelope: Envelope, texts: Sequence[str]) -> list[str]:
    """Give a human's words among what tools say: behind words that announce them, or at a text's beginning."""
    replies: list[str] = []
    for text in texts:
        if _is_head(text, envelope.tool_heads):
            text = text.partition("\n")[2]
        begun = tuple(element for element in envelope.inside if text.lstrip().startswith(element[0]))
        replies += _inside(text, begun or envelope.replies)
    return replies


def _is_head(text: str, heads: tuple[Element, ...]) -> bool:
    line = text.lstrip().partition("\n")[0].rstrip()
    return any(line.startswith(begin) and line.endswith(end) for begin, end in heads)


def _aside(envelope: Envelope, text: str) -> str:
    said = text.strip()
    found = [(begin, end) for begin, end in envelope.asides if said.startswith(begin)]
    for begin, end in found:
        if words := said[len(begin) :].rpartition(end)[0]:
            return words.strip()
    return said[len(found[0][0]) :].strip() if found else ""


def _asides_behind(envelope: Envelope, text: str) -> list[str]:
    """Give a human's words among the elements that the client wrote behind what a tool says."""
    found: list[str] = []
    start, end = _trimmed(text, 0, len(text))
    while envelope.asides and (at := _ended(text, start, end, envelope.edges)) is not None:
        element = next(each for each in envelope.edges if text.startswith(each[0], at))
        found.append(_aside(envelope, text[at + len(element[0]) : end - len(element[1])]))
        start, end = _trimmed(text, start, at)
    return [words for words in reversed(found) if words]


def _typed(envelope: Envelope, texts: Sequence[str]) -> Sequence[str]:
    """Give a message's texts with each command as it was typed, and without what it expands to."""
    command = envelope.command
    if command is None or not any(command.name[0] in text for text in texts):
        return texts
    typed: list[str] = []
    behind = False  # a command stands before this text, and nothing but the client's own words between
    for text in texts:
        name = next(_inside(text, (command.name,)), "") if text.lstrip().startswith(command.begin) else ""
        if name:
            typed.append(next(_inside(text, (command.words,)), name))
            behind = True
        elif not behind:
            typed.append(text)
        elif text.lstrip().startswith(command.local):
            typed.pop()
            behind = False
        elif _left(envelope, text):
            behind = False
    return typed


def _joined(texts: Sequence[str]) -> str:
    return "\n\n".join(text for text in texts if text.strip())
