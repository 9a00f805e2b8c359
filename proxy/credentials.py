"""Which of a request's credentials stand for one client for long, so that their fingerprint can stand for a person.

Many do not: a signature changes with each request, a login's token within the hour. Each would be a new person, and
groups would seem larger than they are.
"""

import re
from collections.abc import Mapping

HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
SCHEMES = ("bearer", "token", "apikey", "api-key")  # the key comes after them

# Beginnings of tokens that are renewed within hours or days.
SHORT_LIVED = (
    "sk-ant-oat",  # Claude Code's login: Anthropic, "Authentication" of Claude Code, 2026-11
    "tid=",  # Copilot's session: vscode-copilot-chat, `copilotToken.ts`
    "ghu_",  # GitHub Apps: GitHub, "GitHub's token formats", 2026-11
    "ghs_",
    "ya29.",  # Google's OAuth: Google Cloud, "Token types", 2026-11
    "aoa",  # Amazon Q's login (third-party captures)
    "bedrock-api-key-",  # Bedrock's keys for 12 hours: AWS, "Bedrock API keys", 2026-11
)

# AWS, "Signature Version 4" and "Unique identifiers" of IAM, 2026-11: AKIA lasts, ASIA is a session's.
AWS_SIGNED = re.compile(r"AWS4-[A-Z0-9-]+ +Credential=(A[A-Z0-9]{15,127})/")
AWS_LASTING = "AKIA"


def lasting_credential(headers: Mapping[str, str]) -> str | None:
    """Give the API key, or the id of an AWS key. `headers` have lower-case names. None: there is none that lasts."""
    for name in HEADERS:
        value = headers.get(name, "").strip()
        if value and (secret := _of_authorization(value) if name == "authorization" else value):
            if secret.startswith(SHORT_LIVED) or looks_signed(secret):
                continue
            return secret
    return None


def looks_signed(secret: str) -> bool:
    """Tell a signed token (JWT) from an API key by its looks: three parts, the first of them JSON."""
    return secret.startswith("ey") and secret.count(".") == 2


def bearer(value: str) -> str:
    """Give what an Authorization header holds after `Bearer`, or the value as it is."""
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


def _of_authorization(value: str) -> str | None:
    if (signed := AWS_SIGNED.match(value)) is not None:
        return signed[1] if signed[1].startswith(AWS_LASTING) else None
    scheme, _, rest = value.partition(" ")
    if not rest:
        return value
    if scheme.lower() in SCHEMES:
        return rest.strip()
    return value if scheme.lower() == "basic" else None
