"""Who a client's TLS certificate names, once it is verified against the operator's authorities.

mitmproxy asks for a certificate and takes any, as the traffic must pass; so nothing is believed before it was verified
here. That the client holds the certificate's key was proven in the handshake. Revocation is not looked up.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from OpenSSL import crypto

log = logging.getLogger(__name__)

Chain = tuple[bytes, ...]  # PEM, the client's own certificate first

MAX_CHAIN = 10
REMEMBERED = 1024  # chains
REMEMBERED_SECONDS = 300  # then a chain is verified again: meanwhile it may have expired
CLIENT_USES = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
BROKEN = {"md5", "sha1"}  # hashes whose collisions have forged certificates; OpenSSL minds them in handshakes only
UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")  # Microsoft's User Principal Name: a subject alternative `otherName`
UTF8_STRING = 0x0C  # its ASN.1 tag


class CertificateError(Exception):
    """A certificate names nobody. The message is for counting and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class _Verified:
    name: str | None  # None: it was refused
    at: float


class Certificates:
    """The operator's authorities. Not for several threads at once."""

    def __init__(self, authorities: bytes, names: Sequence[str]) -> None:
        """`authorities`: PEM. `names`: where a name is looked for, in order: keys of NAMES. Raises ValueError."""
        self.refused = 0  # requests with a certificate that names nobody
        self._names = [NAMES[name] for name in names]
        read = x509.load_pem_x509_certificates(authorities)
        self._authorities = [crypto.X509.from_cryptography(certificate) for certificate in read]
        self._remembered: OrderedDict[Chain, _Verified] = OrderedDict()
        self._said: set[str] = set()

    def name(self, chain: Chain, at: float) -> str | None:
        """Name the person of a chain at `at`, Unix seconds. None: there is none, or it cannot be believed."""
        if not chain:
            return None
        known = self._remembered.get(chain)
        if known is None or not 0 <= at - known.at < REMEMBERED_SECONDS:
            known = _Verified(self._verified(chain, at), at)
            self._remembered[chain] = known
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        self.refused += known.name is None
        return known.name

    def _verified(self, chain: Chain, at: float) -> str | None:
        try:
            return self._read(chain, at)
        except CertificateError as error:
            why = str(error)
        except Exception as error:  # the bytes are hostile: whatever they provoke, the call counts
            why = f"it cannot be read ({type(error).__name__})"
        if why not in self._said:
            self._said.add(why)
            log.warning("a client's certificate names nobody: %s (said once; counted each time)", why)
        return None

    def _read(self, chain: Chain, at: float) -> str:
        if len(chain) > MAX_CHAIN:
            raise CertificateError("its chain is too long")
        own, *others = (x509.load_pem_x509_certificate(pem) for pem in chain)
        context = crypto.X509StoreContext(
            self._store(at),
            crypto.X509.from_cryptography(own),
            [crypto.X509.from_cryptography(other) for other in others],
        )
        try:
            verified = [certificate.to_cryptography() for certificate in context.get_verified_chain()]
        except crypto.X509StoreContextError as error:
            raise CertificateError(f"it is not verified ({error})") from None  # OpenSSL's own fixed words
        # OpenSSL looks at uses only for a purpose, and pyOpenSSL cannot name one.
        signed = verified[:-1] or verified  # the last one is trusted as it is
        if not all(_for_clients(certificate) for certificate in signed):
            raise CertificateError("it is not for clients")
        if any(getattr(certificate.signature_hash_algorithm, "name", "") in BROKEN for certificate in signed):
            raise CertificateError("it is signed with a broken hash")
        for find in self._names:
            for name in find(own):
                if name.strip():
                    return name
        raise CertificateError("it holds none of the names that identity.client_names lists")

    def _store(self, at: float) -> crypto.X509Store:
        """Make a store anew: OpenSSL keeps the first time that one is given."""
        store = crypto.X509Store()
        # An authority is trusted as it stands in the file, be it signed by another or by itself.
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        for authority in self._authorities:
            store.add_cert(authority)
        store.set_time(datetime.fromtimestamp(at, UTC))
        return store


def _for_clients(certificate: x509.Certificate) -> bool:
    """Tell whether the uses that a certificate lists, if it lists any, allow clients (RFC 5280, 4.2.1.12)."""
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return any(use in CLIENT_USES for use in uses)


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName | list[x509.GeneralName]:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []


def _emails(certificate: x509.Certificate) -> Iterator[str]:
    yield from (name.value for name in _alternatives(certificate) if isinstance(name, x509.RFC822Name))


def _upns(certificate: x509.Certificate) -> Iterator[str]:
    for name in _alternatives(certificate):
        if isinstance(name, x509.OtherName) and name.type_id == UPN and (text := _utf8_string(name.value)):
            yield text


def _uris(certificate: x509.Certificate) -> Iterator[str]:
    yield from (name.value for name in _alternatives(certificate) if isinstance(name, x509.UniformResourceIdentifier))


def _common_names(certificate: x509.Certificate) -> Iterator[str]:
    yield from (str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def _utf8_string(der: bytes) -> str | None:
    """Read a DER UTF8String of up to 255 bytes, which is longer than a name of ours."""
    tag, length = der[:1], der[1:2]
    if tag != bytes([UTF8_STRING]) or not length:
        return None
    skipped = 3 if length[0] == 0x81 else 2  # 0x81: the length takes the next byte
    text = der[skipped:]
    return text.decode("utf-8") if len(text) == der[skipped - 1] else None


NAMES: Mapping[str, Callable[[x509.Certificate], Iterator[str]]] = {
    "email": _emails,
    "upn": _upns,
    "uri": _uris,
    "cn": _common_names,
}
