"""The routes that ship lead each path of a dialect to it, and what is no prompt nowhere."""

from pathlib import Path

import pytest

from config.routes import load_routes
from proxy.dialects import DIALECTS, UNREAD
from proxy.routes import Route, Routes


@pytest.fixture(scope="module")
def routes() -> Routes:
    table = load_routes()
    return Routes(table.assistants, table.paths, table.hosted)


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
        ("api2.cursor.sh", "/aiserver.v1.ChatService/StreamUnifiedChatWithTools", Route("Cursor", "cursor")),
        ("agentn.global.api5.cursor.sh", "/agent.v1.AgentService/Run", Route("Cursor", "cursor")),
        ("api.openai.com", "/chat.v1.Chat/Ask", Route("OpenAI", "protobuf")),
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


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("api2.cursor.sh", "/aiserver.v1.AiService/StreamCpp"),
        ("api2.cursor.sh", "/aiserver.v1.BidiService/BidiAppend"),
        ("api2.cursor.sh", "/aiserver.v1.AnalyticsService/Batch"),
        ("api.openai.com", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
        ("elsewhere.example", "/chat.v1.Chat/Ask"),
    ],
)
def test_telemetry_and_inline_completions_lead_nowhere(routes: Routes, host: str, path: str) -> None:
    """Nor does gRPC to hosts that are no assistant's."""
    assert routes.match("POST", host, path) is None


def test_every_dialect_of_the_table_exists() -> None:
    table = load_routes()
    named = {dialect for _, dialect in table.paths if dialect} | {dialect for _, _, dialect in table.hosted}
    assert named <= {*DIALECTS, *UNREAD}
    assert "cursor" in named


def test_a_path_without_its_slash_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "routes.toml"
    for paths, hosted in (("completions", "/ask"), ("/completions", "ask")):
        table = f'[paths]\nopenai-chat = ["{paths}"]\n[hosts."a.example"]\nopenai-chat = ["{hosted}"]\n'
        file.write_text(f"[assistants]\n[never]\npaths = []\n{table}", encoding="utf-8")
        with pytest.raises(ValueError, match="must begin with a slash"):
            load_routes(file)
