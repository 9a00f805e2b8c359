"""Feeds bodies to framings, in whatever pieces."""

from proxy.framing import Framing, Part


def parts(stream: Framing, *pieces: bytes) -> list[Part]:
    return [part for piece in pieces for part in stream.feed(piece)] + list(stream.end())


def bytewise(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


def pieces(body: bytes, cuts: list[int]) -> list[bytes]:
    """Cut a body at some of its places."""
    places = sorted(min(cut, len(body)) for cut in cuts)
    return [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]
