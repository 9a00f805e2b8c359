"""What an assistant remembers of a conversation on a socket, as far as it tells asks apart.

Messages refer to it by the id of a response and hold what is new alone. Kept of each item are its kind, its role and
its text; results and arguments of tools are not.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from proxy.conversation import HISTORY_CHARS, MAX_ASK_CHARS, fit

MAX_CHARS = 1 << 20  # of one conversation; past it what lies between its beginning and its end is let go
MAX_CONVERSATIONS = 8  # that one socket holds: branches, and lanes side by side
BEGINNING_ITEMS = 8  # kept whatever comes: the first ask names a conversation that has no other name
ITEM_CHARS = 100  # what an item takes beside its text, about

Item = dict[str, Any]


class Memory:
    """The conversations of one socket, by the id of the response that each has come to."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, list[Item]] = OrderedDict()  # the longest unused first
        self.newest: str | None = None
        self.chars = 0

    def recall(self, response: str | None) -> list[Item]:
        """Give what came before and in a response; nothing where it is not known."""
        if response is None or response not in self._conversations:
            return []
        self._conversations.move_to_end(response)
        return self._conversations[response]

    def keep(self, response: str, items: Iterable[Item]) -> None:
        """Remember what came before and in a response."""
        self._conversations[response] = bounded(list(items))
        self._conversations.move_to_end(response)
        self.newest = response
        while len(self._conversations) > MAX_CONVERSATIONS:
            self._conversations.popitem(last=False)
        self.chars = sum(map(chars, self._conversations.values()))

    def forget(self) -> None:
        self._conversations.clear()
        self.newest, self.chars = None, 0


def kept(items: object) -> list[Item]:
    """Take what is to be remembered of an `input` or an `output`."""
    if isinstance(items, str):
        items = [{"type": "message", "role": "user", "content": items}]
    return [_kept(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _kept(item: Item) -> Item:
    small = {key: item[key] for key in ("type", "role") if isinstance(item.get(key), str)}
    if "role" in small:
        max_chars = HISTORY_CHARS if small["role"] == "assistant" else MAX_ASK_CHARS
        content = item.get("content")
        if isinstance(content, str):
            small["content"] = fit(content, max_chars)
        elif isinstance(content, list):
            small["content"] = [_block(block, max_chars) for block in content if isinstance(block, dict)]
    return small


def _block(block: Item, max_chars: int) -> Item:
    texts = ((key, block.get(key)) for key in ("type", "text", "transcript"))
    return {key: fit(value, max_chars) for key, value in texts if isinstance(value, str)}


def bounded(items: list[Item]) -> list[Item]:
    """Keep a conversation's beginning and its end, where it is over the bound."""
    sizes = [_size(item) for item in items]
    over = sum(sizes) - MAX_CHARS
    end = BEGINNING_ITEMS
    while over > 0 and end < len(items) - 1:
        over -= sizes[end]
        end += 1
    return items[:BEGINNING_ITEMS] + items[end:]


def chars(items: list[Item]) -> int:
    """Say about how many characters are kept of items."""
    return sum(map(_size, items))


def _size(item: Item) -> int:
    content = item.get("content", "")
    if isinstance(content, str):
        return ITEM_CHARS + len(content)
    return ITEM_CHARS + sum(ITEM_CHARS + sum(map(len, block.values())) for block in content)
