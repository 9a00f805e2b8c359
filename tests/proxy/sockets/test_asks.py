from typing import Any

from proxy.sockets.asks import whole_body


def test_what_is_too_deep_to_be_written_again_is_left_as_it_is() -> None:
    """Reading has a bound as well, and nothing says that it is the lower one."""
    deep: Any = []
    for _ in range(200_000):
        deep = [deep]
    assert whole_body({"input": "Go", "deep": deep}, [{"type": "message"}], ()) is None
    while deep:  # or freeing it would go as deep
        deep = deep.pop()
