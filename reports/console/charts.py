"""Charts as SVG, made here: colours are the stylesheet's, words are real text, and no script is needed.

Each is labelled for those who cannot see it; the page shows the same figures as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10

from markupsafe import Markup

from reports.console.numbers import count, decimal, short_day


@dataclass(frozen=True, slots=True)
class Week:
    """What one week's bars say."""

    week: str  # its Monday
    raw_calls: int
    turns: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A date to draw on the chart, as when a target was announced."""

    week: str
    label: str


@dataclass(frozen=True, slots=True)
class _Frame:
    width: int
    height: int
    left: int = 0
    right: int = 4
    top: int = 12
    bottom: int = 26

    @property
    def plot(self) -> tuple[float, float]:
        return self.width - self.left - self.right, self.height - self.top - self.bottom


MANY_ENOUGH = 3  # weeks, to speak of a trend
WIDE, NARROW = _Frame(680, 270), _Frame(330, 230, right=12)
DIGIT = 7.5  # how wide one is drawn


def usage_chart(weeks: Sequence[Week], title: str, marks: Sequence[Mark] = ()) -> Markup:
    """Draw raw calls, turns and value of each week as bars within one another, twice: for wide screens and narrow."""
    drawn = [
        _usage(weeks, title, marks, WIDE, "wide"),
        _usage(weeks[-9:], title, marks, NARROW, "narrow"),
    ]
    return Markup("").join(drawn)


def trend(shares: Sequence[float | None], title: str) -> Markup:
    """Draw a share, or calls per turn, week by week as a line: where it goes, not how large it is. A week without one
    is a gap in the line.
    """
    known = [share for share in shares if share is not None]
    if len(known) < MANY_ENOUGH:
        return Markup("")
    low, high = min(known), max(known)
    spread = max(high - low, 0.1)
    step = 236 / (len(shares) - 1)
    points = [
        None if share is None else (round(4 + step * place, 1), round(50 - 42 * (share - low) / spread, 1))
        for place, share in enumerate(shares)
    ]
    path, drawing = "", False
    for point in points:
        if point is not None:
            path += f"{'L' if drawing else 'M'}{point[0]} {point[1]}"
        drawing = point is not None
    dot = Markup("") if points[-1] is None else Markup('<circle cx="{}" cy="{}" r="3.5"/>').format(*points[-1])
    return Markup(
        '<svg class="trend" viewBox="0 0 244 58" role="img" aria-label="{title}"><path d="{path}"/>{dot}</svg>'
    ).format(title=title, path=path, dot=dot)


def share_bar(share: float | None, kind: str = "value") -> Markup:
    """Draw a share from 0 to 1 as a small bar. The cell beside it says the figure."""
    width = 0 if share is None else round(64 * min(max(share, 0.0), 1.0), 1)
    return Markup(
        '<svg class="share" viewBox="0 0 64 6" width="64" height="6" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false">'
        '<rect class="track" width="64" height="6" rx="3"/>'
        '<rect class="{kind}" width="{width}" height="6" rx="3"/></svg>'
    ).format(kind=kind, width=width)


def _usage(weeks: Sequence[Week], title: str, marks: Sequence[Mark], frame: _Frame, name: str) -> Markup:
    top = _ceiling(max([week.raw_calls for week in weeks] + [1]))
    frame = replace(frame, left=round(14 + DIGIT * len(count(top))))
    width, _ = frame.plot
    step = width / len(weeks)
    parts = [_grid(top, frame)]
    every = ceil(len(weeks) / (width // 52))
    for place, week in enumerate(weeks):
        middle = frame.left + step * (place + 0.5)
        parts.append(_bars(week, middle, min(step * 0.72, 56), top, frame))
        if (len(weeks) - 1 - place) % every == 0:
            parts.append(_text(middle, frame.height - 8, short_day(week.week), "middle"))
        parts += [_mark(mark, middle, frame) for mark in marks if mark.week == week.week]
    return Markup(
        '<svg class="chart {name}" viewBox="0 0 {w} {h}" role="img" '
        'aria-labelledby="chart-{name}-title chart-{name}-desc">'
        '<title id="chart-{name}-title">{title}</title><desc id="chart-{name}-desc">{desc}</desc>{parts}</svg>'
    ).format(
        name=name, w=frame.width, h=frame.height, title=title, desc=_described(weeks), parts=Markup("").join(parts)
    )


def _described(weeks: Sequence[Week]) -> str:
    first, last = weeks[0], weeks[-1]
    return (
        f"{len(weeks)} weeks from {short_day(first.week)} to {short_day(last.week)}. In the last one "
        f"{count(last.raw_calls)} raw calls were {count(last.turns)} turns, worth {decimal(last.value)}."
    )


def _bars(week: Week, middle: float, width: float, top: float, frame: _Frame) -> Markup:
    _, height = frame.plot
    bars = []
    for kind, figure, share in (
        ("calls", week.raw_calls, 1.0),
        ("turns", week.turns, 0.68),
        ("value", week.value or 0.0, 0.36),
    ):
        tall = height * figure / top
        bars.append(
            Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(
                kind,
                round(middle - width * share / 2, 1),
                round(frame.top + height - tall, 1),
                round(width * share, 1),
                round(tall, 1),
            )
        )
    figures = f"{count(week.raw_calls)} raw calls, {count(week.turns)} turns, value {decimal(week.value)}"
    said = f"Week of {short_day(week.week)}: {figures}"
    return Markup("<g><title>{}</title>{}</g>").format(said, Markup("").join(bars))


def _grid(top: float, frame: _Frame) -> Markup:
    _, height = frame.plot
    lines = []
    for part in (0, 0.5, 1):
        y = round(frame.top + height * (1 - part), 1)
        lines.append(
            Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                "axis" if part == 0 else "grid", frame.left, frame.width - frame.right, y, y
            )
        )
        lines.append(_text(frame.left - 8, y + 4, count(top * part), "end"))
    return Markup("").join(lines)


def _mark(mark: Mark, x: float, frame: _Frame) -> Markup:
    return Markup('<line class="mark" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>{3}').format(
        round(x, 1), frame.top, frame.height - frame.bottom, _text(x + 5, frame.top + 9, mark.label, "start")
    )


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(round(x, 1), round(y, 1), anchor, words)


def _ceiling(most: float) -> float:
    """Give the next round figure whose half is round too."""
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= most)
