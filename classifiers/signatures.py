"""Signs turns so that repeats are found and no text is kept: keyed codes of meaning and of wording.

The signs of keyed hyperplanes say in which direction an embedding points, a keyed MinHash how much two sets of words
share. Nothing in them can be turned back into text, and without the key nobody can test a guess. It leaves out which
signatures make a repeat (`novelty`).
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b, shake_256

import numpy as np
import numpy.typing as npt

from classifiers.views import View
from classifiers.wording import Wording, wording

# `python -m bench.novelty` says what is found with so many: of orthogonal planes fewer serve than of random ones, and
# of a hash one bit, as twice as many hashes tell more than two bits of each.
CODE_BITS = 384
HASHES = 128  # of a MinHash
MOST = 255  # sizes are counted up to this

SETS = ("runs", "words", "numbers", "names", "earlier")
SIGNATURE = np.dtype(
    [
        ("code", np.uint8, CODE_BITS // 8),  # all 0 where no encoder gave an embedding
        *((part, np.uint8, HASHES // 8) for part in SETS),
        ("sizes", np.uint8, 4),  # of words, numbers, names, earlier
        ("pointing", np.uint8),
    ]
)
# Packed, a signature leaves out the parts that are all 0. A byte in front says which are there.
PARTS = ("code", *SETS)
POINTING = 1 << len(PARTS)
# Scripts that the English encoder takes apart into unknown signs: what it makes of them says nothing.
FOREIGN = re.compile(r"[\u0370-\u1dff\u2e80-\ud7ff\uf900-\ufdff\ufe70-\ufeff]")
LOOKED_AT = 400  # characters looked at for these

Signatures = npt.NDArray[np.void]  # (n,) SIGNATURE
Rows = npt.NDArray[np.float32]


class Signer:
    """Signs with one key. Two signers of the same key sign alike, on any machine."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        stream = shake_256(b"minhash" + secret).digest(2 * HASHES * 8)
        numbers = np.frombuffer(stream, "<u8").reshape(2, HASHES).astype(np.uint64)
        self._factors, self._offsets = numbers[0] | np.uint64(1), numbers[1]
        self._planes: Rows | None = None

    def sign(self, views: Sequence[View], embeddings: Rows | None) -> Signatures:
        """Sign turns; `embeddings` (n, dim) are those of their asks, None where there is no encoder."""
        signatures = np.zeros(len(views), SIGNATURE)
        for row, view in enumerate(views):
            self._sign_wording(signatures[row : row + 1], wording(view))
        if embeddings is not None and len(views):
            known = np.array([not FOREIGN.search(view.said[:LOOKED_AT]) for view in views])
            signatures["code"] = np.where(known[:, None], self._codes(embeddings), 0)
        return signatures

    def _sign_wording(self, signature: Signatures, said: Wording) -> None:
        for name in SETS:
            signature[name][0] = self._min_hash(name, getattr(said, name))
        signature["sizes"][0] = [min(len(part), MOST) for part in (said.words, said.numbers, said.names, said.earlier)]
        signature["pointing"][0] = said.pointing

    def _min_hash(self, purpose: str, members: Iterable[str]) -> npt.NDArray[np.uint8]:
        """Hash a set to HASHES bits: two sets agree in half of them by chance, and in the shared part of the rest."""
        digests = b"".join(
            blake2b(
                member.encode("utf-8", "replace"), digest_size=8, key=self._secret, person=purpose.encode()
            ).digest()
            for member in members
        )
        if not digests:
            return np.zeros(HASHES // 8, np.uint8)
        hashed = np.frombuffer(digests, "<u8").astype(np.uint64)[:, None] * self._factors + self._offsets
        return np.packbits((hashed.min(axis=0) >> np.uint64(24)) & np.uint64(1) > 0)

    def _codes(self, embeddings: Rows) -> npt.NDArray[np.uint8]:
        """Tell on which side of each hyperplane the embeddings lie, (n, CODE_BITS / 8)."""
        dim = embeddings.shape[1]
        if self._planes is None or len(self._planes) != dim:
            bases = [self._basis(dim, number) for number in range(-(-CODE_BITS // dim))]
            self._planes = np.concatenate(bases, axis=1)[:, :CODE_BITS]
        return np.asarray(np.packbits(embeddings @ self._planes > 0, axis=1))

    def _basis(self, dim: int, number: int) -> Rows:
        """Give orthogonal directions, (dim, dim), each as likely as any other."""
        stream = shake_256(b"hyperplanes%d" % number + self._secret).digest(dim * dim // 8 + 1)
        signs = np.unpackbits(np.frombuffer(stream, np.uint8))[: dim * dim].reshape(dim, dim) * 2.0 - 1
        basis, scale = np.linalg.qr(signs)
        return np.asarray(basis * np.sign(np.diag(scale)), np.float32)


def packed(signature: Signatures) -> bytes:
    """Write one signature (1,) without its empty parts."""
    row = signature[0]
    present = [part for part in PARTS if row[part].any()]
    flags = sum(1 << PARTS.index(part) for part in present) | (POINTING if row["pointing"] else 0)
    return b"".join([bytes([flags]), row["sizes"].tobytes(), *(row[part].tobytes() for part in present)])


def unpacked(stored: Sequence[bytes]) -> Signatures:
    """Read stored signatures, (n,)."""
    rows = np.zeros(len(stored), SIGNATURE)
    alike: dict[int, list[int]] = {}
    for row, one in enumerate(stored):
        alike.setdefault(one[0], []).append(row)
    for flags, places in alike.items():
        rows[places] = _filled(flags, b"".join(stored[row] for row in places))
    return rows


def _filled(flags: int, together: bytes) -> Signatures:
    present = [part for number, part in enumerate(PARTS) if flags >> number & 1]
    held = [("flags", np.uint8), *((part, SIGNATURE[part]) for part in ("sizes", *present))]
    stored = np.frombuffer(together, np.dtype(held))
    rows = np.zeros(len(stored), SIGNATURE)
    for part in ("sizes", *present):
        rows[part] = stored[part]
    rows["pointing"] = bool(flags & POINTING)
    return rows
