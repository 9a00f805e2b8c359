"""The routes that ship lead each path of a dialect to it, and what is no prompt nowhere."""

from pathlib import Path

import pytest

from config.routes import load_routes
from proxy.dialects import DIALECTS
from proxy.routes import Route, Routes


@pytest.fixture(scope="module")
def routes() -> Routes:
    table = load_routes()
    return Routes(table.assistants, table.paths, table.sockets)


@pytest.mark.parametrize(
    ("host", "path", "route"),
    [
        ("api.openai.com", "/v1/chat/completions", Route("OpenAI", "openai-chat")),
        (
            "acme.openai.azure.com",
            "/openai/deployments/gpt/chat/completions?api-version=1",
            Route("Azure OpenAI", "openai-chat"),
        ),
        ("api.githubcopilot.com", "/chat/completions", Route("GitHub Copilot", "openai-chat")),
        ("api.anthropic.com", "/v1/messages?beta=true", Route("Anthropic", "anthropic-messages")),
        ("gateway.example.com", "/anthropic/v1/messages", Route("gateway.example.com", "anthropic-messages")),
    ],
)
def test_a_prompt_is_found_by_the_end_of_its_path(routes: Routes, host: str, path: str, route: Route) -> None:
    assert routes.match("POST", host, path) == route


@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages/count_tokens",
        "/v1/messages/batches",
        "/v1/embeddings",
        "/v1/models",
        "/v1/moderations",
        "/v1/files",
        "/mcp",
        "/",
    ],
)
def test_what_is_no_prompt_leads_nowhere(routes: Routes, path: str) -> None:
    assert routes.match("POST", "api.openai.com", path) is None


def test_every_dialect_of_the_table_exists() -> None:
    table = load_routes()
    assert {dialect for _, dialect in [*table.paths, *table.sockets] if dialect} <= set(DIALECTS)


def test_a_path_without_its_slash_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "routes.toml"
    file.write_text('[assistants]\n[paths]\nopenai-chat = ["completions"]\n[sockets]\n[never]\npaths = []\n', encoding="utf-8")
    with pytest.raises(ValueError, match="must begin with a slash"):
        load_routes(file)
