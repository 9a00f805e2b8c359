"""Routing by method and the end of the path."""

import pytest

from proxy.routes import Route, Routes

ROUTES = Routes(
    assistants=[("api.openai.com", "OpenAI"), ("openai.azure.com", "Azure OpenAI")],
    paths=[
        ("/chat/completions", "openai-chat"),
        ("/v1/messages", "anthropic-messages"),
        ("/v1/messages/count_tokens", None),
    ],
    hosted=[("acme.example", "/ask", "acme-ask"), ("eu.acme.example", "/v2/ask", "acme-eu")],
)


@pytest.mark.parametrize(
    ("host", "path", "route"),
    [
        ("api.openai.com", "/v1/chat/completions", Route("OpenAI", "openai-chat")),
        ("gateway.example", "/team-a/v1/chat/completions?beta=true", Route("gateway.example", "openai-chat")),
        ("acme.openai.azure.com", "/openai/deployments/x/chat/completions", Route("Azure OpenAI", "openai-chat")),
        ("notopenai.azure.com", "/v1/messages/", Route("notopenai.azure.com", "anthropic-messages")),
    ],
)
def test_a_prompt_is_known_by_the_end_of_its_path(host: str, path: str, route: Route) -> None:
    """Prefixes of gateways, a trailing slash and a query change nothing."""
    assert ROUTES.match("POST", host, path) == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/embeddings"),
        ("GET", "/v1/chat/completions"),
        ("GET", "/v1/models"),
    ],
)
def test_what_is_no_prompt_is_no_call(method: str, path: str) -> None:
    """The longest suffix wins, so counting tokens of a message is not a message."""
    assert ROUTES.match(method, "api.openai.com", path) is None


@pytest.mark.parametrize(
    ("host", "path", "dialect"),
    [
        ("acme.example", "/api/ask", "acme-ask"),
        ("chat.acme.example", "/api/ask/?live=1", "acme-ask"),
        ("eu.acme.example", "/v2/ask", "acme-eu"),
        ("eu.acme.example", "/v1/ask", "acme-ask"),
        ("acme.example", "/v1/chat/completions", "openai-chat"),
    ],
)
def test_a_hosts_own_paths_come_first(host: str, path: str, dialect: str) -> None:
    """The nearest host's before all; what fits none of them is as anywhere."""
    assert ROUTES.match("POST", host, path) == Route(host, dialect)


def test_a_hosts_own_paths_are_none_elsewhere() -> None:
    assert ROUTES.match("POST", "api.openai.com", "/api/ask") is None
    assert ROUTES.match("POST", "notacme.example", "/api/ask") is None


@pytest.mark.parametrize(
    ("host", "path", "counted"),
    [
        ("api.openai.com", "/chat.v1.ChatService/Ask", True),
        ("api.openai.com", "/v1.5/Ask", False),
        ("api.openai.com", "/files.v1/upload", False),
        ("unknown.example", "/chat.v1.ChatService/Ask", False),
    ],
)
def test_grpc_to_a_known_assistant_counts_as_protobuf(host: str, path: str, counted: bool) -> None:
    """Its paths look like nothing else's."""
    route = ROUTES.match("POST", host, path)
    assert route == (Route("OpenAI", "protobuf") if counted else None)
