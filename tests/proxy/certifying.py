"""Makes what clients show for themselves: certificates, good and bad, of authorities of the test's own."""

import ssl
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from OpenSSL import crypto

from proxy.certificates import UPN

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
PEM = serialization.Encoding.PEM


def upn(name: str) -> x509.OtherName:
    """Write a User Principal Name as Windows' authorities do: a DER UTF8String."""
    text = name.encode()
    length = bytes([len(text)]) if len(text) < 128 else bytes([0x81, len(text)])
    return x509.OtherName(UPN, b"\x0c" + length + text)


class Shown:
    """A certificate with its key, and the chain that a client shows with it."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate) -> None:
        self.key = key
        self.certificate = chain[0]
        self.chain = tuple(certificate.public_bytes(PEM) for certificate in chain)

    def pem(self) -> bytes:
        """Write certificates alone, as an authority's file holds them."""
        return b"".join(self.chain)

    def save(self, file: Path) -> Path:
        """Write key and chain, as a client or server loads them."""
        key = self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(key + self.pem())
        return file

    def context(self, folder: Path) -> ssl.SSLContext:
        """Make a client's context that shows it, and takes any server's certificate."""
        context = unchecking()
        context.load_cert_chain(self.save(folder / f"{id(self)}.pem"))
        return context


def unchecking() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def certify(
    name: str,
    by: Shown | None = None,
    *,
    names: Sequence[x509.GeneralName] = (),
    use: ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH,
    authority: bool = False,
    since: datetime = NOW - DAY,
    until: datetime = NOW + DAY,
) -> Shown:
    """Make a certificate, signed by another or by itself. The chain it is shown with leaves a self-signed root out."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if use is not None and not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    above = [] if by is None or by.certificate.issuer == by.certificate.subject else [by.certificate]
    return Shown(key, certificate, *above)


def signed_with_sha1(name: str, by: Shown) -> Shown:
    """Make a certificate as authorities did until 2016. Cryptography makes none."""
    shown = certify(name, by)
    old = crypto.X509.from_cryptography(shown.certificate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.sign(crypto.PKey.from_cryptography_key(by.key), "sha1")
    return Shown(shown.key, old.to_cryptography())
