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
