"""Figures are written for people, in one way."""

from datetime import date

from reports.console import numbers


def test_what_is_not_known_is_not_nought() -> None:
    assert [write(None) for write in (numbers.count, numbers.decimal, numbers.percent)] == ["–"] * 3


def test_figures_are_rounded() -> None:
    assert numbers.count(1234567) == "1,234,567"
    assert numbers.decimal(1234.56) == "1,234.6"
    assert [numbers.percent(share) for share in (0, -0.001, 0.125, 0.999, 1)] == [
        "0 %",
        "0 %",
        "12 %",
        "100 %",
        "100 %",
    ]
    assert numbers.points(-0.0149) == "1.5 points"


def test_dates_are_written_out() -> None:
    assert numbers.day("2026-11-02") == "2 November 2026"
    assert numbers.short_day("2026-11-02") == "2 Nov"
    assert numbers.minute("2026-11-02T09:05:59.000Z") == "2 November 2026, 09:05 UTC"


def test_a_week_is_over_on_the_monday_after() -> None:
    assert numbers.is_over("2026-11-16", date(2026, 11, 23))
    assert not numbers.is_over("2026-11-16", date(2026, 11, 22))


def test_names_show_what_prints() -> None:
    assert numbers.printable("gpt\x1b[31m‮") == "gpt?[31m?"
