"""The clients: what each program writes around its user's words, as plain data that one reader applies.

They are literals as the dialects are: types are checked, and nothing can be missing at run time. For a client's new
version add a line to its module; name a new client here. The first that is known counts.
"""

from proxy.clients.agents import AIDER, CONTINUE, GEMINI_CLI, OPENCODE, QWEN_CODE
from proxy.clients.amazon_q import AMAZON_Q
from proxy.clients.chats import LIBRECHAT, OPEN_WEBUI, VERCEL_AI
from proxy.clients.claude_code import CLAUDE_CODE
from proxy.clients.cline import CLINE, KILO, ROO
from proxy.clients.codex import CODEX
from proxy.clients.copilot import COPILOT
from proxy.clients.table import Client

CLIENTS: tuple[Client, ...] = (
    CLAUDE_CODE,
    CODEX,
    ROO,
    KILO,
    CLINE,
    GEMINI_CLI,
    QWEN_CODE,
    OPENCODE,
    AMAZON_Q,
    COPILOT,  # behind those that can use its models, and then send some of its headers
    OPEN_WEBUI,
    LIBRECHAT,
    VERCEL_AI,
    AIDER,
    CONTINUE,
)
