"""How long answers waited."""

from proxy.waits import BOUNDS, Waits


def test_waits_are_counted_by_size() -> None:
    waits = Waits()
    for seconds in (0.0, BOUNDS[0], 0.003, 0.04, 9.0):
        waits.observe(seconds)
    up_to, total, count = waits.read()
    assert dict(up_to) == dict(zip(BOUNDS, (2, 2, 2, 3, 3, 3, 4, 4), strict=True))
    assert total == 9.0 + 0.04 + 0.003 + BOUNDS[0]
    assert count == 5
