"""The dialects: how each wire format says things, as plain data that one interpreter reads.

A dialect is how it is said; where it is spoken stands in the routes. To add one, add a literal to its vendor's module,
name it here, and add a folder of cases in `tests/golden/`.
"""

from collections.abc import Mapping

from proxy.dialects.anthropic import ANTHROPIC_MESSAGES
from proxy.dialects.openai import OPENAI_CHAT
from proxy.dialects.table import Dialect

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (OPENAI_CHAT, ANTHROPIC_MESSAGES)}
