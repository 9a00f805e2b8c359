"""How long answers waited for their calls to be durable: the delay that the proxy adds beside its own work."""

from bisect import bisect_left

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1)  # seconds


class Waits:
    """Counts observations by size. Written by the event loop alone, read by any thread."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def read(self) -> tuple[list[tuple[float, int]], float, int]:
        """Give how many were at most each bound, their sum in seconds, and how many there were."""
        counts, up_to, so_far = list(self._counts), [], 0
        for bound, count in zip(BOUNDS, counts, strict=False):
            so_far += count
            up_to.append((bound, so_far))
        return up_to, self._sum, sum(counts)
