"""Which credentials stand for one client for long."""

import pytest

from proxy.credentials import lasting_credential

SIGNED = "AWS4-HMAC-SHA256 Credential=%s/20261125/eu-west-1/bedrock/aws4_request, SignedHeaders=host, Signature=%s"


@pytest.mark.parametrize(
    ("headers", "credential"),
    [
        ({"authorization": "Bearer sk-1"}, "sk-1"),
        ({"authorization": "bearer  sk-1"}, "sk-1"),
        ({"authorization": "sk-1"}, "sk-1"),
        ({"authorization": "Basic YTpi"}, "Basic YTpi"),
        ({"x-api-key": "k"}, "k"),
        ({"api-key": "k"}, "k"),
        ({"x-goog-api-key": "k"}, "k"),
        ({"authorization": SIGNED % ("AKIAIOSFODNN7EXAMPLE", "a1")}, "AKIAIOSFODNN7EXAMPLE"),
        ({"authorization": SIGNED % ("ASIAIOSFODNN7EXAMPLE", "a1")}, None),
        ({"authorization": "AWS4-HMAC-SHA256 nonsense"}, None),
        ({"authorization": "Negotiate YII="}, None),
        ({"authorization": "Bearer sk-ant-oat01-x"}, None),
        ({"authorization": "Bearer tid=1;exp=2:m"}, None),
        ({"authorization": "Bearer ya29.x"}, None),
        ({"authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}, None),
        ({"authorization": "Bearer eyJhbGciOiJub25lIn0.e30.", "x-api-key": "k"}, "k"),
        ({"authorization": "Bearer"}, "Bearer"),
        ({"authorization": " "}, None),
        ({}, None),
    ],
)
def test_a_credential_that_is_renewed_stands_for_nobody(headers: dict[str, str], credential: str | None) -> None:
    """Each renewal would be a new person."""
    assert lasting_credential(headers) == credential
