"""Whom a client's certificate names, and which certificates name nobody."""

import logging
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from proxy.certificates import MAX_CHAIN, NAMES, REMEMBERED, REMEMBERED_SECONDS, UPN, Certificates
from tests.proxy.certifying import DAY, NOW, Shown, certify, signed_with_sha1, upn

AT = NOW.timestamp()
EMAIL = x509.RFC822Name("Ada@example.com")
ROOT = certify("staff root", authority=True)
OTHER = certify("staff root", authority=True)  # of the same name


def certificates(authority: Shown = ROOT, names: Sequence[str] = tuple(NAMES)) -> Certificates:
    return Certificates(authority.pem(), names)


def test_a_certificate_of_the_authority_names_the_person() -> None:
    assert certificates().name(certify("ada", ROOT, names=[EMAIL]).chain, AT) == "Ada@example.com"


@pytest.mark.parametrize(
    ("names", "subject", "looked_for", "found"),
    [
        ([EMAIL], "ada", ("email", "cn"), "Ada@example.com"),
        ([EMAIL], "ada", ("cn", "email"), "ada"),
        ([upn("ada@corp.example")], "ada", ("email", "upn", "cn"), "ada@corp.example"),
        ([upn("a" * 200)], "ada", ("upn",), "a" * 200),
        ([x509.UniformResourceIdentifier("spiffe://corp/ada")], "", ("email", "upn", "uri"), "spiffe://corp/ada"),
        ([x509.DNSName("laptop.example")], "ada", tuple(NAMES), "ada"),
        ([], "ada", tuple(NAMES), "ada"),
        ([], "ada", ("email", "upn", "uri"), None),
        ([], "", tuple(NAMES), None),
        ([x509.UniformResourceIdentifier(" ")], "ada", ("uri", "cn"), "ada"),
        ([x509.OtherName(ObjectIdentifier("1.2.3.4"), b"\x0c\x03ada")], "", ("upn",), None),
        ([x509.OtherName(UPN, b"\x16\x03ada")], "", ("upn",), None),  # another type
        ([x509.OtherName(UPN, b"\x0c\x02\xff\xfe")], "", ("upn",), None),  # no UTF-8
    ],
)
def test_the_name_is_looked_for_where_it_was_configured(
    names: list[x509.GeneralName], subject: str, looked_for: Sequence[str], found: str | None
) -> None:
    assert certificates(names=looked_for).name(certify(subject, ROOT, names=names).chain, AT) == found


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (certify("ada", ROOT, until=NOW - DAY / 2), "certificate has expired"),
        (certify("ada", ROOT, since=NOW + DAY / 2), "not yet valid"),
        (certify("ada", OTHER), "signature failure"),
        (certify("ada"), "self-signed certificate"),
        (certify("ada", certify("ada's own", ROOT)), "invalid CA certificate"),
        (certify("ada", ROOT, use=ExtendedKeyUsageOID.SERVER_AUTH), "it is not for clients"),
        (signed_with_sha1("ada", ROOT), "a broken hash"),
    ],
)
def test_what_is_not_verified_names_nobody(shown: Shown, why: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each is refused, counted, and said once, without a name."""
    asked = certificates()
    with caplog.at_level(logging.WARNING):
        assert [asked.name(shown.chain, AT), asked.name(shown.chain, AT)] == [None, None]
    assert asked.refused == 2
    assert len(caplog.messages) == 1
    assert why in caplog.messages[0]
    assert "ada" not in caplog.text


def test_a_certificate_without_listed_uses_is_for_clients_too() -> None:
    assert certificates().name(certify("ada", ROOT, use=None).chain, AT) == "ada"


def test_an_authority_below_another_counts_where_it_is_shown_or_in_the_file() -> None:
    """The file may name the authority above, or the issuing one alone: then its sisters do not count."""
    issuing, sister = (certify(name, ROOT, authority=True) for name in ("staff", "machines"))
    ada, robot = certify("ada", issuing), certify("robot", sister)
    assert certificates(ROOT).name(ada.chain, AT) == "ada"
    assert certificates(ROOT).name(ada.chain[:1], AT) is None  # whose it is cannot be told
    assert certificates(issuing).name(ada.chain, AT) == "ada"
    assert certificates(issuing).name(ada.chain[:1], AT) == "ada"
    assert certificates(issuing).name(robot.chain, AT) is None


def test_no_certificate_is_no_refusal() -> None:
    asked = certificates()
    assert asked.name((), AT) is None
    assert asked.refused == 0


@pytest.mark.parametrize(
    "chain",
    [(b"",), (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",), (b"junk",) * (MAX_CHAIN + 1)],
)
def test_bytes_that_are_no_certificate_name_nobody(chain: tuple[bytes, ...]) -> None:
    asked = certificates()
    assert asked.name(chain, AT) is None
    assert asked.refused == 1


def test_a_certificate_that_expires_meanwhile_stops_to_count() -> None:
    """What was verified is remembered, not for ever."""
    asked, shown = certificates(), certify("ada", ROOT, until=NOW + DAY)
    end = (NOW + DAY).timestamp()
    assert asked.name(shown.chain, end - 1) == "ada"
    assert asked.name(shown.chain, end + REMEMBERED_SECONDS) is None
    assert asked.name(shown.chain, end - 1) == "ada"


def test_only_so_many_are_remembered() -> None:
    asked = certificates()
    for number in range(REMEMBERED + 5):
        asked.name((number.to_bytes(4, "big"),), AT)
    assert len(asked._remembered) == REMEMBERED


def test_a_file_without_certificates_is_refused() -> None:
    with pytest.raises(ValueError, match="PEM"):
        Certificates(b"nothing", ["cn"])


@given(st.lists(st.binary(max_size=200), max_size=3))
def test_any_bytes_name_nobody_and_raise_nothing(chain: list[bytes]) -> None:
    assert certificates().name(tuple(chain), AT) is None
