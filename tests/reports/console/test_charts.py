"""Charts are drawn to scale, say what they show, and take any name and figure."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from reports.console.charts import Mark, Week, share_bar, trend, usage_chart

WEEKS = [Week("2026-11-09", 200, 100, 50.0), Week("2026-11-16", 300, 150, None)]


def bars(svg: str, kind: str) -> list[float]:
    return [float(height) for height in re.findall(rf'<rect class="{kind}"[^>]* height="([\d.]+)"', svg)]


def test_bars_are_as_tall_as_their_figures() -> None:
    wide = usage_chart(WEEKS, "Usage").split("</svg>")[0]
    calls, turns, value = (bars(wide, kind) for kind in ("calls", "turns", "value"))
    assert calls[0] / calls[1] == pytest.approx(2 / 3, abs=0.01)
    assert turns[0] / calls[0] == pytest.approx(1 / 2, abs=0.01)
    assert value[0] / calls[0] == pytest.approx(1 / 4, abs=0.01)
    assert value[1] == 0


@pytest.mark.parametrize("most", [0, 1, 7, 99, 100, 101, 1_234_567])
def test_a_chart_says_what_it_shows_and_holds_its_bars(most: int) -> None:
    weeks = [Week("2026-11-16", most, most, float(most))]
    drawn = str(usage_chart(weeks, 'A <b> & "c"', [Mark("2026-11-16", "<target>")]))
    for svg in drawn.split("</svg>")[:-1]:
        tree = ElementTree.fromstring(f"{svg}</svg>")
        assert tree.get("role") == "img"
        assert [tree[0].tag, tree[1].tag, tree[0].text] == ["title", "desc", 'A <b> & "c"']
        assert all(float(rect.get("y", 0)) >= 0 for rect in tree.iter("rect"))
        assert "<target>" in [text.text for text in tree.iter("text")]


def test_a_year_of_weeks_does_not_write_dates_over_one_another() -> None:
    weeks = [Week(f"2026-{month:02}-{day:02}", 10, 5, 1.0) for month in range(1, 13) for day in (1, 8, 15, 22)]
    wide = usage_chart(weeks, "Usage").split("</svg>")[0]
    places = [float(x) for x in re.findall(r'<text x="([\d.]+)"[^>]*text-anchor="middle"', wide)]
    assert min(right - left for left, right in pairwise(places)) >= 44


def test_a_trend_needs_three_weeks_and_breaks_where_nothing_is_known() -> None:
    assert trend([0.5, 0.6], "Gap") == ""
    assert trend([0.5, 0.6, 0.7, None, 0.4, 0.5], "Gap").count("M") == 2
    assert "circle" not in trend([0.5, 0.6, 0.7, None], "Gap")


@pytest.mark.parametrize(("share", "width"), [(None, "0"), (-1.0, "0.0"), (0.5, "32.0"), (2.0, "64.0")])
def test_a_share_stays_in_its_bar(share: float | None, width: str) -> None:
    assert f'width="{width}"' in share_bar(share)
