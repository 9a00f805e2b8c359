"""The tables are whole, and each dialect has its cases."""

import pytest

from proxy.dialects import DIALECTS
from tests.proxy.golden import Case, cases


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_has_its_cases(name: str) -> None:
    """A dialect without recorded exchanges is a guess."""
    assert len([case for case in cases("requests") if case.dialect.name == name]) >= 12
    assert len([case for case in cases("answers") if case.dialect.name == name]) >= 8


@pytest.mark.parametrize("case", cases("requests") + cases("answers"), ids=lambda case: case.id)
def test_each_case_is_read_as_recorded(case: Case) -> None:
    """After a change of mind, `python -m tests.proxy.golden` records anew."""
    assert case.outcome() == case.content["outcome"]
