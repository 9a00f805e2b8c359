"""The dialects: how each wire format says things, as plain data that one interpreter reads.

A dialect is how it is said; where it is spoken stands in the routes. To add one, add a literal to its vendor's module,
name it here, and add a folder of cases in `tests/golden/`.
"""

from collections.abc import Mapping

from proxy.dialects.amazon import AMAZON_Q, AMAZON_Q_COMPLETIONS, BEDROCK_CONVERSE
from proxy.dialects.anthropic import ANTHROPIC_MESSAGES
from proxy.dialects.batch import PROMPT_BATCH
from proxy.dialects.browser import LIBRECHAT, OPEN_WEBUI, OPEN_WEBUI_TASK, VERCEL_AI
from proxy.dialects.cohere import COHERE_V1, COHERE_V2
from proxy.dialects.google import GEMINI, GEMINI_CODE_ASSIST, GEMINI_INTERACTIONS
from proxy.dialects.invoke import BEDROCK_MESSAGES, BEDROCK_PROMPT
from proxy.dialects.mistral import MISTRAL_CONVERSATIONS
from proxy.dialects.ollama import OLLAMA_CHAT, OLLAMA_GENERATE
from proxy.dialects.openai import OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_RESPONSES
from proxy.dialects.realtime import OPENAI_REALTIME
from proxy.dialects.table import Dialect

_ALL = (
    *(OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_RESPONSES, OPENAI_REALTIME),
    ANTHROPIC_MESSAGES,
    *(GEMINI, GEMINI_CODE_ASSIST, GEMINI_INTERACTIONS),
    *(BEDROCK_CONVERSE, BEDROCK_MESSAGES, BEDROCK_PROMPT),
    *(AMAZON_Q, AMAZON_Q_COMPLETIONS),
    *(OLLAMA_CHAT, OLLAMA_GENERATE),
    *(COHERE_V2, COHERE_V1),
    MISTRAL_CONVERSATIONS,
    PROMPT_BATCH,
    *(OPEN_WEBUI, OPEN_WEBUI_TASK, LIBRECHAT, VERCEL_AI),
)
DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in _ALL}

# Undocumented, in protobuf: their calls are counted by name, as unreadable, and nobody tries to read them.
UNREAD = frozenset({"cursor", "protobuf"})
