"""The routes that ship lead each path of a dialect to it, and what is no prompt nowhere."""

from collections import Counter
from pathlib import Path

import pytest

from config.routes import load_routes
from proxy.dialects import DIALECTS, UNREAD
from proxy.routes import Route, Routes
from tests.proxy.golden import cases


@pytest.fixture(scope="module")
def routes() -> Routes:
    table = load_routes()
    return Routes(table.assistants, table.paths, table.hosted, table.sockets)


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
    found = routes.match("POST", host, path)
    assert found is not None
    assert found.unconfirmed == found.confirmed({}) == route


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/responses", "openai-responses"),
        ("/v1/completions", "openai-completions"),
    ],
)
def test_a_body_of_no_known_shape_still_counts_on_a_path_of_prompts(routes: Routes, path: str, dialect: str) -> None:
    """It will be unreadable there, and not lost."""
    found = routes.match("POST", "gateway.example.com", path)
    assert found is not None
    assert found.confirmed({"other": 1}) == Route("gateway.example.com", dialect)


AZURE, AZURE_NAME = "acme.openai.azure.com", "Azure OpenAI"
COPILOT, MISTRAL = "copilot-proxy.githubusercontent.com", "api.mistral.ai"
GEMINI = "generativelanguage.googleapis.com"
BEDROCK = "bedrock-runtime.eu-central-1.amazonaws.com"
VERTEX = "europe-west1-aiplatform.googleapis.com"
PROJECT = "/v1/projects/p-1/locations/europe-west1/publishers"


@pytest.mark.parametrize(
    ("host", "path", "body", "assistant", "dialect"),
    [
        (GEMINI, "/v1beta/models/g:generateContent", {}, "Gemini", "gemini"),
        (GEMINI, "/v1beta/models/g:streamGenerateContent?alt=sse", {}, "Gemini", "gemini"),
        (VERTEX, f"{PROJECT}/google/models/g:streamGenerateContent", {}, "Vertex AI", "gemini"),
        (
            GEMINI,
            "/v1beta/interactions",
            {"input": "x"},
            "Gemini",
            "gemini-interactions",
        ),
        (VERTEX, "/v1/projects/p-1/locations/x/endpoints/5:generateContent", {"contents": []}, "Vertex AI", "gemini"),
        (VERTEX, f"{PROJECT}/anthropic/models/c@1:streamRawPredict", {}, "Vertex AI", "anthropic-messages"),
        (VERTEX, f"{PROJECT}/mistralai/models/m:rawPredict", {}, "Vertex AI", "openai-chat"),
        (
            "cloudcode-pa.googleapis.com",
            "/v1internal:streamGenerateContent?alt=sse",
            {},
            "Gemini Code Assist",
            "gemini-code-assist",
        ),
        (BEDROCK, "/model/m/converse", {}, "Amazon Bedrock", "bedrock-converse"),
        (BEDROCK, "/model/arn%3Aaws%3Abedrock%2Fm/converse-stream", {}, "Amazon Bedrock", "bedrock-converse"),
        (
            BEDROCK,
            "/model/m/invoke",
            {"anthropic_version": "x", "messages": []},
            "Amazon Bedrock",
            "anthropic-messages",
        ),
        (BEDROCK, "/model/m/invoke-with-response-stream", {"messages": []}, "Amazon Bedrock", "bedrock-messages"),
        (BEDROCK, "/model/m/invoke", {"prompt": ""}, "Amazon Bedrock", "bedrock-prompt"),
        (BEDROCK, "/model/m/invoke", {"inputText": "x"}, "Amazon Bedrock", "bedrock-prompt"),
        (BEDROCK, "/model/m/invoke", {"message": "x"}, "Amazon Bedrock", "cohere-v1"),
        ("localhost", "/api/chat", {"model": "m"}, "localhost", "ollama-chat"),
        ("localhost", "/api/generate", {"model": "m"}, "localhost", "ollama-generate"),
        ("localhost", "/api/chat", {"model": "m", "messages": [{"parts": []}]}, "localhost", "vercel-ai"),
        ("localhost", "/openai/chat/completions", {"user_message": {}}, "localhost", "open-webui"),
        ("localhost", "/api/v1/chat/completions", {"chat_id": "c"}, "localhost", "openai-chat"),
        ("localhost", "/ollama/api/chat", {"model": "m"}, "localhost", "ollama-chat"),
        ("localhost", "/api/v1/messages", {"chat_id": "c"}, "localhost", "anthropic-messages"),
        ("localhost", "/api/ask/anthropic", {"isCreatedByUser": True}, "localhost", "librechat"),
        ("api.openai.com", "/v1/completions", {"prompt": "x"}, "OpenAI", "openai-completions"),
        (AZURE, "/openai/deployments/gpt/completions?api-version=1", {"prompt": []}, AZURE_NAME, "openai-completions"),
        (COPILOT, "/v1/engines/copilot-codex/completions", {"prompt": "x"}, "GitHub Copilot", "openai-completions"),
        (COPILOT, "/v1/engines/gpt/chat/completions", {}, "GitHub Copilot", "openai-chat"),
        (MISTRAL, "/v1/fim/completions", {"prompt": "x"}, "Mistral", "openai-completions"),
        (MISTRAL, "/v1/agents/completions", {"messages": []}, "Mistral", "openai-chat"),
        (MISTRAL, "/v1/chat/completions", {}, "Mistral", "openai-chat"),
        ("api.groq.com", "/openai/v1/chat/completions", {}, "Groq", "openai-chat"),
        ("vllm.example", "/v1/completions", {"prompt": [1, 2]}, "vllm.example", "openai-completions"),
        ("litellm.example", "/engines/gpt/chat/completions", {}, "litellm.example", "openai-chat"),
        ("litellm.example", "/azure/openai/deployments/gpt/chat/completions", {}, "litellm.example", "openai-chat"),
        ("litellm.example", "/cursor/chat/completions", {}, "litellm.example", "openai-chat"),
        ("api.openai.com", "/v1/batches", {"input_file_id": "f"}, "OpenAI", "prompt-batch"),
        ("api.anthropic.com", "/v1/messages/batches?beta=true", {"requests": []}, "Anthropic", "prompt-batch"),
        (MISTRAL, "/v1/conversations", {"inputs": "x"}, "Mistral", "mistral-conversations"),
        (MISTRAL, "/v1/conversations/conv_1", {"inputs": []}, "Mistral", "mistral-conversations"),
        (MISTRAL, "/v1/conversations/conv_1/restart", {"from_entry_id": "e"}, "Mistral", "mistral-conversations"),
        (MISTRAL, "/v1/batch/jobs", {"input_files": ["f"]}, "Mistral", "prompt-batch"),
        (GEMINI, "/v1beta/models/g:batchGenerateContent", {"batch": {}}, "Gemini", "prompt-batch"),
        ("api.openai.com", "/v1/responses?beta=true", {"input": "x"}, "OpenAI", "openai-responses"),
        (AZURE, "/openai/v1/responses", {"input": []}, AZURE_NAME, "openai-responses"),
        (AZURE, "/openai/responses?api-version=1", {"prompt": {"id": "p"}}, AZURE_NAME, "openai-responses"),
        (AZURE, "/openai/deployments/gpt/responses", {"conversation": {}}, AZURE_NAME, "openai-responses"),
        ("api.githubcopilot.com", "/responses", {"input": []}, "GitHub Copilot", "openai-responses"),
        ("localhost", "/backend-api/codex/responses", {"input": []}, "localhost", "openai-responses"),
        ("localhost", "/litellm/v1/responses", {"previous_response_id": "r"}, "localhost", "openai-responses"),
        ("api.groq.com", "/openai/v1/responses", {"input": "x"}, "Groq", "openai-responses"),
        ("api.cohere.com", "/v2/chat", {"messages": []}, "Cohere", "cohere-v2"),
        ("api.cohere.com", "/v1/chat", {"message": "x"}, "Cohere", "cohere-v1"),
        ("q.us-east-1.amazonaws.com", "/", {"conversationState": {}}, "Amazon Q", "amazon-q"),
        ("codewhisperer.us-east-1.amazonaws.com", "/", {"fileContext": {}}, "Amazon Q", "amazon-q-completions"),
        ("runtime.us-east-1.kiro.dev", "/generateAssistantResponse", {"conversationState": {}}, "Kiro", "amazon-q"),
    ],
)
def test_the_body_confirms_what_the_path_tells(
    routes: Routes, host: str, path: str, body: dict[str, object], assistant: str, dialect: str
) -> None:
    """Paths and bodies as the vendors' own clients send them."""
    route = routes.match("POST", host, path)
    confirmed = route.confirmed(body) if route else None
    assert confirmed is not None
    assert (confirmed.assistant, confirmed.dialect) == (assistant, dialect)


@pytest.mark.parametrize(
    ("host", "path", "body"),
    [
        (BEDROCK, "/model/m/invoke", {"texts": ["x"], "input_type": "search_query"}),
        (BEDROCK, "/model/amazon.titan-embed-text-v2%3A0/invoke", {"inputText": "x"}),
        (BEDROCK, "/model/m/count-tokens", {}),
        (BEDROCK, "/guardrail-checks/invoke", {"messages": []}),
        (BEDROCK, "/async-invoke", {}),
        (VERTEX, f"{PROJECT}/anthropic/models/count-tokens:rawPredict", {"messages": []}),
        (VERTEX, f"{PROJECT}/google/models/g:countTokens", {"contents": []}),
        (VERTEX, f"{PROJECT}/google/models/g:embedContent", {}),
        (VERTEX, f"{PROJECT}/google/models/g:batchGenerateContent", {}),
        ("localhost", "/api/embed", {"model": "m", "input": "x"}),
        ("localhost", "/api/chat", {"id": "c-1"}),
        ("localhost", "/api/agents/chat/abort", {"streamId": "c-1"}),
        ("localhost", "/api/agents/chat/steer/cancel", {"text": "x"}),
        ("localhost", "/api/agents", {"text": "x"}),
        ("api.cohere.com", "/v2/embed", {}),
        ("api.anthropic.com", "/v1/messages/batches/b_1/cancel", {}),
        ("api.openai.com", "/v1/batches/b_1/cancel", {}),
        ("api.openai.com", "/v1/vector_stores/v_1/file_batches", {"file_ids": []}),
        ("localhost", "/api/v1/tasks/unknown/completions", {"messages": []}),
        ("api.openai.com", "/v1/responses/input_tokens", {"input": "x"}),
        ("api.openai.com", "/v1/responses/compact", {"input": []}),
        ("api.openai.com", "/v1/responses/resp_1/cancel", {}),
        ("api.openai.com", "/v1/conversations", {"items": []}),
        ("api.openai.com", "/v1/conversations/conv_1/items", {"items": []}),
        ("q.us-east-1.amazonaws.com", "/", {"profileArn": "x"}),
        ("dynamodb.us-east-1.amazonaws.com", "/", {"conversationState": {}}),
    ],
)
def test_what_is_beside_a_prompt_is_none(routes: Routes, host: str, path: str, body: dict[str, object]) -> None:
    """Embeddings have a prompt's body, and Amazon's services one path for all."""
    route = routes.match("POST", host, path)
    assert route is None or route.confirmed(body) is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages/count_tokens",
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


@pytest.mark.parametrize("name", ["open-webui", "open-webui-task", "librechat", "vercel-ai"])
def test_what_browsers_send_is_told_by_its_body(routes: Routes, name: str) -> None:
    """From what else is posted there. What can't be told is the plain dialect of the path, or none."""
    led = Counter()  # type: Counter[str | None]
    for case in (case for case in cases("requests") if case.dialect.name == name):
        route = routes.match("POST", "chat.example", case.content["path"])
        confirmed = route.confirmed(case.content["body"]) if route else None
        led[confirmed.dialect if confirmed else None] += 1
        if case.content["outcome"] != "unreadable: the body has no messages":
            assert confirmed is not None
    assert led[name] >= 12
    assert set(led) <= {name, "openai-chat", None}


def test_every_dialect_of_the_table_exists() -> None:
    table = load_routes()
    named = {dialect for _, dialect in [*table.paths, *table.sockets] if dialect}
    named |= {dialect for _, _, dialect in table.hosted}
    assert named <= {*DIALECTS, *UNREAD}
    assert "cursor" in named


def test_a_path_without_its_slash_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "routes.toml"
    for paths, hosted in (("completions", "/ask"), ("/completions", "ask")):
        table = f'[paths]\nopenai-chat = ["{paths}"]\n[hosts."a.example"]\nopenai-chat = ["{hosted}"]\n[sockets]\n'
        file.write_text(f"[assistants]\n[never]\npaths = []\n{table}", encoding="utf-8")
        with pytest.raises(ValueError, match="must begin with a slash"):
            load_routes(file)
