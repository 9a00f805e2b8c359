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


SHARED = Routes(
    assistants=[("bedrock.*.cloud.example", "Bedrock"), ("*-ai.cloud.example", "Vertex")],
    paths=[
        ("/model/*/invoke kind.0", "first"),
        ("/model/*/invoke messages", "second"),
        ("/model/*embed*/invoke", None),
        ("/models/*:generate", "gemini"),
    ],
    hosted=[("q.*.cloud.example", "/ ask", "q")],
)


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/model/a.b-v1%3A0/invoke", "first"),
        ("/gateway/model/arn%3Aaws%2Fx:0/invoke?x=/y", "first"),
        ("/v1/publishers/google/models/gemini-2:generate", "gemini"),
        ("/model/a/b/invoke", None),
        ("/model/a.embed-v1/invoke", None),
        ("/model/a/invoke-async", None),
        ("/v1/models/gemini:generate:more", None),
        ("/chain/invoke", None),
    ],
)
def test_a_star_stands_for_some_of_one_step(path: str, dialect: str | None) -> None:
    """The longer path wins, whatever its star stands for."""
    route = SHARED.match("POST", "gateway.example", path)
    assert (route and route.dialect) == dialect


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("bedrock.eu-west-1.cloud.example", "Bedrock"),
        ("vpce-1.bedrock.eu-west-1.cloud.example", "Bedrock"),
        ("europe-west1-ai.cloud.example", "Vertex"),
        ("xbedrock.eu-west-1.cloud.example", "xbedrock.eu-west-1.cloud.example"),
        ("bedrock.eu.west.cloud.example", "bedrock.eu.west.cloud.example"),
        ("bedrock.eu-west-1.cloud.example.org", "bedrock.eu-west-1.cloud.example.org"),
    ],
)
def test_a_star_stands_for_a_label_of_a_host(host: str, name: str) -> None:
    """Regions stand in the middle of a host's name."""
    assert SHARED.assistant(host) == name


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        ({"kind": ["a"], "messages": []}, "first"),
        ({"kind": [], "messages": []}, "second"),
        ({"kind": "a", "messages": []}, "second"),
        ({"texts": []}, None),
        ({}, None),
    ],
)
def test_the_body_tells_dialects_of_one_path_apart(body: dict[str, object], dialect: str | None) -> None:
    """The first whose field it has; with none of them it is no prompt."""
    route = SHARED.match("POST", "gateway.example", "/model/a/invoke")
    assert route is not None
    confirmed = route.confirmed(body)
    assert (confirmed and confirmed.dialect) == dialect


def test_the_root_of_a_host_may_be_a_path() -> None:
    """But no other host's, and no other path of it."""
    route = SHARED.match("POST", "q.eu-west-1.cloud.example", "/")
    assert route is not None
    assert route.dialect == "q"
    assert SHARED.match("POST", "q.eu-west-1.cloud.example", "/x/") is None
    assert SHARED.match("POST", "api.openai.com", "/") is None


def test_without_a_field_a_path_is_enough() -> None:
    route = Route("a", "b")
    assert route.confirmed({}) is route


def test_a_body_that_cannot_be_read_is_of_the_paths_plain_dialect() -> None:
    """The one that asks nothing of it, or where there is none, the last."""
    routes = Routes([], [("/ask rare", "rare"), ("/ask", "plain"), ("/chat a", "first"), ("/chat b", "second")])
    for path, dialect in (("/ask", "plain"), ("/chat", "second")):
        route = routes.match("POST", "gateway.example", path)
        assert route is not None
        assert route.unconfirmed.dialect == dialect


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/responses", "openai-responses"),
        ("/backend-api/codex/responses?a=1", "openai-responses"),
        ("/v1/responses/resp_1", None),
        ("/ws/socket.io/", None),
        ("/v1/chat/completions", None),
    ],
)
def test_a_websocket_has_paths_of_its_own(path: str, dialect: str | None) -> None:
    routes = Routes([], [("/chat/completions", "openai-chat")], sockets=[("/responses", "openai-responses")])
    route = routes.match("WEBSOCKET", "api.openai.com", path)
    assert (route.dialect if route else None) == dialect
    assert routes.match("POST", "api.openai.com", "/v1/responses") is None
