"""Signatures that say how alike turns are, and nothing else."""

import numpy as np
import pytest

from classifiers.likeness import features, shared, shared_meaning
from classifiers.signatures import SIGNATURE, Signer, packed, unpacked
from classifiers.views import view
from ledger.records import Message

LETTER = "Write a letter to Miriam that her 3 crates of walnuts come on the 14th, not on the 12th"


def test_one_key_signs_alike_and_another_has_nothing_in_common() -> None:
    """So that a ledger without its key tells nothing."""
    embedding = np.linspace(-1, 1, 384, dtype=np.float32)[None, :]
    first, again, other = (Signer(bytes([key]) * 32).sign([view(LETTER)], embedding) for key in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert shared(first, other, "runs")[0] < 0.3
    assert abs(shared_meaning(first, other)[0]) < 0.25


def test_a_right_guess_tells_nothing_without_the_key() -> None:
    """Under other keys it is no more like what is stored than a wrong one. The counts beside the codes are plain: as
    many words, numbers and names as were asked, which the length of the prompt in the ledger tells too.
    """
    meaning = np.random.default_rng(7).normal(size=(2, 384)).astype(np.float32)
    guesses = [view(LETTER), view(LETTER.replace("crates of walnuts", "boxes with hazelnuts"))]
    stored = Signer(b"k" * 32).sign(guesses[:1], meaning[:1])
    tried = [Signer(bytes([key]) * 32).sign(guesses, meaning) for key in range(60)]
    for part in ("runs", "words"):
        right, wrong = (np.array([shared(stored, one[row : row + 1], part)[0] for one in tried]) for row in (0, 1))
        assert abs(right.mean() - wrong.mean()) < 0.02
        assert right.max() < 0.35  # of 128 bits, 85 agree by chance now and then
    near = np.array([shared_meaning(stored, one[:1])[0] for one in tried])
    assert abs(near.mean()) < 0.05
    assert np.abs(near).max() < 0.25
    keyed = [name for name in SIGNATURE.names or () if name not in ("sizes", "pointing")]
    assert not any((stored[name] == one[name][0]).all() for name in keyed for one in tried if stored[name].any())


def test_a_signature_has_one_size_whatever_was_asked() -> None:
    """Nothing about the length of a long text is left in it but how many words it has, up to 255."""
    long = view("word " * 9000 + "\n".join(f"name{n} {n}" for n in range(5000)))
    signatures = Signer(b"k" * 32).sign([view(""), view("hi"), long, view("\ud800 lone")], None)
    assert signatures.nbytes == 4 * SIGNATURE.itemsize
    assert not signatures["code"].any()


def test_shares_are_estimated() -> None:
    """Half of the words in common reads as about a third of both together."""
    left, right = (
        " ".join(f"w{chr(97 + n)}{chr(98 + n)}x{n}" for n in numbers) for numbers in (range(12), range(6, 18))
    )
    signatures = Signer(b"k" * 32).sign([view(left), view(right)], None)
    assert shared(signatures[:1], signatures[1:], "words")[0] == pytest.approx(1 / 3, abs=0.2)


@pytest.mark.parametrize("cosine", [0.0, 0.5, 0.8, 0.95])
def test_the_cosine_is_estimated(cosine: float) -> None:
    """From the sides of hyperplanes."""
    random = np.random.default_rng(5)
    basis = np.linalg.qr(random.normal(size=(384, 2)))[0].T
    pair = np.stack([basis[0], cosine * basis[0] + np.sqrt(1 - cosine**2) * basis[1]]).astype(np.float32)
    signatures = Signer(b"k" * 32).sign([view("a"), view("b")], pair)
    assert shared_meaning(signatures[:1], signatures[1:])[0] == pytest.approx(cosine, abs=0.15)


def test_what_the_encoder_cannot_read_has_no_meaning() -> None:
    """It gives one vector to nearly all Chinese."""
    embedding = np.ones((2, 384), np.float32)
    signatures = Signer(b"k" * 32).sign([view("列出一些新年目标"), view("Résumé en français")], embedding)
    assert [bool(row["code"].any()) for row in signatures] == [False, True]


def test_typos_change_little_and_another_number_shows() -> None:
    """As shares of runs and words, and as what was swapped."""
    texts = (LETTER, LETTER.upper().replace("WALNUTS", "WALNTUS"), LETTER.replace("14th", "21st").replace("3", "5"))
    base, typo, other = (Signer(b"k" * 32).sign([view(text)], None) for text in texts)
    _, _, runs, _, words, numbers, _, _ = features(typo, base)[0]
    assert runs > 0.75
    assert words > 0.9
    assert numbers < 0.1
    assert features(other, base)[0][5] > 0.5


def test_the_conversation_is_signed_beside_the_ask() -> None:
    """Two follow-ups alike stand in conversations that are not."""
    before = [[Message("user", text), Message("assistant", f"About {text}: ...")] for text in ("tax law", "bread")]
    left, right = (Signer(b"k" * 32).sign([view("shorter", context)], None) for context in before)
    assert shared(left, right, "runs")[0] == 1
    assert shared(left, right, "earlier")[0] < 0.5


def test_a_packed_signature_is_read_as_it_was() -> None:
    """Whatever parts it has, many at once, in their order."""
    before = [Message("user", "tax law"), Message("assistant", "About it: ...")]
    views = [view(LETTER), view(""), view("shorter", before), view("see this file"), view(LETTER.lower()), view("hi")]
    embeddings = np.random.default_rng(3).normal(size=(len(views), 384)).astype(np.float32)
    embeddings[1] = 0
    signatures = Signer(b"k" * 32).sign(views, embeddings)
    stored = [packed(signatures[row : row + 1]) for row in range(len(views))]
    assert (unpacked(stored) == signatures).all()
    assert [len(one) for one in stored[:3]] == [5 + 48 + 4 * 16, 5, 5 + 48 + 3 * 16]


def test_the_hyperplanes_are_orthogonal() -> None:
    """Also where they are more than the embedding has dimensions: as many at a time as it has."""
    for dim in (384, 100):
        signer = Signer(b"k" * 32)
        signer.sign([view("a")], np.ones((1, dim), np.float32))
        assert signer._planes is not None
        first = signer._planes[:, :dim]
        assert np.abs(first.T @ first - np.eye(first.shape[1])).max() < 1e-5
        assert signer._planes.shape == (dim, 384)
