"""Taking words out of envelopes never fails, never adds, and takes no longer for hostile text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.clients import CLIENTS
from proxy.clients.table import Client, Envelope
from proxy.conversation import Said
from proxy.envelopes import unwrap
from proxy.recognition import recognise
from proxy.sent import Sent, Spoken


def pieces(envelope: Envelope) -> list[str]:
    """Give all that an envelope is made of."""
    pairs = (envelope.edges, envelope.whole, envelope.inside, envelope.after, envelope.tool_heads, envelope.replies)
    texts = [text for elements in (*pairs, envelope.asides) for element in elements for text in element]
    texts += [*envelope.drops, *envelope.synthetic, *envelope.rest, *envelope.setups, *envelope.restarts]
    if envelope.command:
        texts += [*envelope.command.name, *envelope.command.words, *envelope.command.local]
    return [text for text in texts if text]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Client, tuple[Spoken, ...]]:
    """Give a client and messages made of its envelope's pieces and of words."""
    client = draw(st.sampled_from(CLIENTS))
    parts = st.sampled_from([*pieces(client.envelope), "\n", " ", ">", "", "a door", "é\ud800"])
    texts = st.lists(st.lists(parts, max_size=6).map("".join), max_size=3).map(tuple)
    messages = st.builds(
        Spoken,
        speaker=st.sampled_from([None, "human", "human", "assistant", "tool", "system"]),
        texts=texts,
        results=texts,
        tool_results=st.booleans(),
        wordless=st.booleans(),
    )
    return client, draw(st.lists(messages, max_size=5).map(tuple))


@settings(deadline=None, max_examples=200)
@given(conversations())
def test_any_text_can_be_unwrapped(conversation: tuple[Client, tuple[Spoken, ...]]) -> None:
    """Each message gives one, whose words were in it."""
    client, messages = conversation
    said = unwrap(client.envelope, messages)
    assert len(said) == len(messages)
    for each, message in zip(said, messages, strict=True):
        sources = (*message.texts, *message.results)
        assert len(each.text) <= sum(map(len, sources)) + 2 * len(sources) * (1 + len(client.envelope.inside))
        assert all(any(part in source for source in sources) for part in each.text.split())


@settings(deadline=None, max_examples=100)
@given(conversations())
def test_any_request_can_be_recognised(conversation: tuple[Client, tuple[Spoken, ...]]) -> None:
    """Whoever sent it."""
    _, messages = conversation
    recognised = recognise(Sent({}, {}, (), messages))
    recognised.signals(unwrap(recognised.envelope, messages))


@given(st.lists(st.tuples(st.sampled_from(["human", "assistant"]), st.text("a \n<>")), max_size=4))
def test_without_an_envelope_every_text_stays(spoken: list[tuple[str, str]]) -> None:
    """As it is."""
    messages = [Spoken("human" if speaker == "human" else "assistant", (text,)) for speaker, text in spoken]
    said = unwrap(Envelope(), messages)
    assert [each.text for each in said] == [text if text.strip() else "" for _, text in spoken]


MANY = 40_000


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.timeout(60)
def test_hostile_text_takes_no_longer(client: Client) -> None:
    """A megabyte of tags, closed, unclosed and nested: if its time grew with the square, this would hang."""
    elements = (*client.envelope.edges, *client.envelope.inside, *client.envelope.replies, ("<a>", "</a>"))
    for opening, closing in elements:
        first, last = elements[0]
        for text in (
            (opening + closing) * MANY,
            opening * MANY,
            closing * MANY,
            opening * MANY + closing * MANY,
            opening + (first + last) * MANY,
            (first + last) * MANY + closing,
            (opening + " " + closing + "\n") * MANY,
        ):
            unwrap(client.envelope, [Spoken("human", (text,), results=(text,)), Spoken("tool", (text,))])


def test_an_answer_to_a_setup_goes_with_it() -> None:
    """And nothing after it."""
    envelope = Envelope(setups=("SETUP",))
    spoken = [
        Spoken("system", ("s",)),
        Spoken("assistant", ("Hello.",)),
        Spoken("human", ("SETUP now",)),
        Spoken("assistant", ("Ready.",)),
        Spoken("human", ("Go.",)),
        Spoken("assistant", ("Gone.",)),
    ]
    assert unwrap(envelope, spoken) == [
        Said("system"),
        Said("assistant", "Hello."),
        Said(None),
        Said(None),
        Said("human", "Go."),
        Said("assistant", "Gone."),
    ]
