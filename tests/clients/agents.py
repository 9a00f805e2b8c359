"""The coding agents: how each is set up in a home of its own, pointed at a URL, and asked from the command line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.clients.formats.answering import ToolCall

NOTE = "note.txt"  # lies in the folder that agents work in
SUBTASK = "Look for the lists of parcels."


@dataclass(frozen=True, slots=True)
class Agent:
    """A coding agent. Arguments stand before the prompt; {url} is where its assistant is, {home} is its home."""

    name: str
    client: str  # in versions.toml
    first: tuple[str, ...]
    again: tuple[str, ...]  # to go on with the conversation
    tool: ToolCall | str  # what has the agent go on by itself: a harmless call of a tool of its own, or an answer
    environment: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)  # by path in its home
    begin: tuple[str, ...] = ()  # arguments of a run before all others, without a prompt
    delegate: ToolCall | None = None  # has it start a sub-agent, which is to do SUBTASK
    waits: bool = True  # for its sub-agents, before it ends
    repository: bool = False  # it works in a repository of git's


def _json(**fields: object) -> str:
    return json.dumps(fields)


_CODEX_TOOL = ToolCall("exec_command", {"cmd": f"cat {NOTE}"})
_CODEX_DELEGATE = ToolCall("spawn_agent", {"message": SUBTASK}, namespace="multi_agent_v1")
_CODEX = ("exec", "--skip-git-repo-check", "--sandbox", "read-only")
_CODEX_KEYS = {"CODEX_HOME": "{home}/.codex", "OPENAI_API_KEY": "x", "CODEX_API_KEY": "x"}
_CODEX_CONFIG = 'model = "gpt-5.1"\ncheck_for_update_on_startup = false\n[analytics]\nenabled = false\n'

AGENTS = (
    Agent(
        name="claude-code",
        client="claude-code",
        first=("-p", "--allowedTools", "Read", "--model", "claude-sonnet-4-5", "--"),
        again=("-p", "--continue", "--allowedTools", "Read", "--model", "claude-sonnet-4-5", "--"),
        tool=ToolCall("Read", {"file_path": f"{{work}}/{NOTE}"}),
        delegate=ToolCall("Agent", {"description": "find lists", "prompt": SUBTASK, "run_in_background": False}),
        environment={
            "ANTHROPIC_BASE_URL": "{url}",
            "ANTHROPIC_API_KEY": "x",
            "CLAUDE_CONFIG_DIR": "{home}/.claude",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_AUTOUPDATER": "1",
        },
    ),
    Agent(
        name="codex-websocket",
        client="codex",
        first=_CODEX,
        again=("exec", "resume", "--skip-git-repo-check", "--last"),
        tool=_CODEX_TOOL,
        delegate=_CODEX_DELEGATE,
        waits=False,
        environment=_CODEX_KEYS,
        files={".codex/config.toml": f'openai_base_url = "{{url}}/v1"\n{_CODEX_CONFIG}'},
    ),
    Agent(
        name="codex-http",
        client="codex",
        first=_CODEX,
        again=("exec", "resume", "--skip-git-repo-check", "--last"),
        tool=_CODEX_TOOL,
        delegate=_CODEX_DELEGATE,
        waits=False,
        environment=_CODEX_KEYS,
        files={
            ".codex/config.toml": f'model_provider = "company"\n{_CODEX_CONFIG}'
            '[model_providers.company]\nname = "Company"\nbase_url = "{url}/v1"\nenv_key = "OPENAI_API_KEY"\n'
            'wire_api = "responses"\n'
        },
    ),
    Agent(
        name="gemini-cli",
        client="gemini-cli",
        first=("--approval-mode", "yolo", "-p"),
        again=("--approval-mode", "yolo", "--resume", "latest", "-p"),
        tool=ToolCall("read_file", {"file_path": NOTE}),
        delegate=ToolCall("invoke_agent", {"agent_name": "generalist", "prompt": SUBTASK}),
        environment={
            "GEMINI_API_KEY": "x",
            "GOOGLE_GEMINI_BASE_URL": "{url}",
            "GEMINI_CLI_TRUST_WORKSPACE": "true",
        },
        files={
            ".gemini/settings.json": _json(
                security={"auth": {"selectedType": "gemini-api-key"}},
                privacy={"usageStatisticsEnabled": False},
                general={"disableAutoUpdate": True, "disableUpdateNag": True},
            )
        },
    ),
    Agent(
        name="opencode",
        client="opencode",
        first=("run", "--model", "company/m", "--"),
        again=("run", "--continue", "--model", "company/m", "--"),
        tool=ToolCall("read", {"filePath": f"{{work}}/{NOTE}"}),
        delegate=ToolCall("task", {"description": "find lists", "prompt": SUBTASK, "subagent_type": "general"}),
        environment={"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"},
        files={
            ".config/opencode/opencode.json": _json(
                provider={
                    "company": {
                        "npm": "@ai-sdk/openai-compatible",
                        "options": {"baseURL": "{url}/v1", "apiKey": "x"},
                        "models": {"m": {"name": "m", "tool_call": True}},
                    }
                },
                autoupdate=False,
                share="disabled",
            )
        },
    ),
    Agent(
        name="aider",
        client="aider",
        first=("-m", "aider", "--model", "openai/m", "--message"),
        again=("-m", "aider", "--model", "openai/m", "--restore-chat-history", "--message"),
        tool=f"Please show me {NOTE} first.",
        environment={
            "OPENAI_API_BASE": "{url}/v1",
            "OPENAI_API_KEY": "x",
            "AIDER_CHECK_UPDATE": "false",
            "AIDER_ANALYTICS": "false",
            "AIDER_SHOW_MODEL_WARNINGS": "false",
            "AIDER_SHOW_RELEASE_NOTES": "false",
            "AIDER_YES_ALWAYS": "true",
        },
        repository=True,
    ),
    Agent(
        name="qwen-code",
        client="qwen-code",
        first=("--approval-mode", "yolo", "--auth-type", "openai", "--model", "m", "-p"),
        again=("--approval-mode", "yolo", "--auth-type", "openai", "--model", "m", "--continue", "-p"),
        tool=ToolCall("read_file", {"file_path": f"{{work}}/{NOTE}"}),
        delegate=ToolCall("agent", {"description": "find lists", "prompt": SUBTASK, "run_in_background": False}),
        environment={"OPENAI_BASE_URL": "{url}/v1", "OPENAI_API_KEY": "x"},
        files={".qwen/settings.json": _json(privacy={"usageStatisticsEnabled": False})},
    ),
    Agent(
        name="cline",
        client="cline",
        begin=("auth", "openai-compatible", "-k", "x", "-m", "m", "-b", "{url}/v1"),
        first=("-P", "openai-compatible", "--"),
        again=("-P", "openai-compatible", "--"),  # it goes on in a terminal alone: this is a new conversation
        tool=ToolCall("read_files", {"paths": [NOTE]}),
        environment={"CLINE_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1"},
    ),
    Agent(
        name="continue",
        client="continue",
        first=("--config", "{home}/config.yaml", "--auto", "-p"),
        again=("--config", "{home}/config.yaml", "--auto", "--resume", "-p"),
        tool=ToolCall("Read", {"filepath": f"{{work}}/{NOTE}"}),
        environment={"CONTINUE_CLI_ENABLE_TELEMETRY": "0", "CONTINUE_TELEMETRY_ENABLED": "0", "DO_NOT_TRACK": "1"},
        files={
            "config.yaml": "name: company\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: m\n    provider: openai\n"
            "    model: m\n    apiKey: x\n    apiBase: {url}/v1\n    roles: [chat]\n    capabilities: [tool_use]\n"
        },
    ),
    Agent(
        name="copilot",
        client="copilot",
        first=("--allow-all-tools", "--disable-client-telemetry", "-p"),
        again=("--allow-all-tools", "--disable-client-telemetry", "--continue", "-p"),
        tool=ToolCall("view", {"path": f"{{work}}/{NOTE}"}),
        delegate=ToolCall(
            "task",
            {
                "description": "find lists",
                "prompt": SUBTASK,
                "agent_type": "general-purpose",
                "name": "a",
                "mode": "sync",
            },
        ),
        environment={
            "COPILOT_PROVIDER_BASE_URL": "{url}/v1",
            "COPILOT_PROVIDER_TYPE": "openai",
            "COPILOT_PROVIDER_API_KEY": "x",
            "COPILOT_MODEL": "m",
            "COPILOT_OFFLINE": "true",
        },
    ),
)
