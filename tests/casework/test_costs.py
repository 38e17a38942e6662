"""The yearly cost of a loan, against values worked out by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.casework.cost_tool import read_numbers
from bot.casework.costs import instalments, single


def test_one_instalment_is_simple_arithmetic() -> None:
    cost = instalments(Decimal(1000), 1, Decimal(1010))
    assert cost is not None
    assert round(cost.simple, 9) == 12  # 1 % a month
    assert round(cost.compound, 6) == round((Decimal("1.01") ** 12 - 1) * 100, 6)


def test_instalments_discount_to_what_arrived() -> None:
    """249,000 repaid in 36 payments of 8,947.08: the rate makes the payments worth 249,000."""
    cost = instalments(Decimal(249_000), 36, Decimal("8947.08"))
    assert cost is not None
    rate = cost.simple / 1200
    worth = sum(Decimal("8947.08") / (1 + rate) ** month for month in range(1, 37))
    assert abs(worth - 249_000) < Decimal("0.01")


def test_a_deduction_beforehand_makes_the_loan_dearer() -> None:
    """2,000 on paper, 1,400 received, 2,000 after 7 days: 600 / 1,400 x 365 / 7."""
    cost = single(Decimal(1400), 7, Decimal(2000))
    assert cost is not None
    assert round(cost.simple, 2) == Decimal("2234.69")
    assert cost.extra == 600


def test_a_message_of_nothing_but_digits_is_read_at_once() -> None:
    """Tried from every digit on, this would take hours."""
    assert len(read_numbers("1" * 400_000)) == 1
    assert read_numbers("借1.2万，到手 8,000.50") == [Decimal(12_000), Decimal("8000.50")]


@pytest.mark.parametrize(
    ("received", "count", "payment"),
    [(0, 12, 100), (1000, 0, 100), (1000, 12, 10), (-5, 1, 5), (1000, 601, 100), (1, 12, 10**9)],
)
def test_numbers_that_make_no_sense_are_refused(received: int, count: int, payment: int) -> None:
    assert instalments(Decimal(received), count, Decimal(payment)) is None


def test_paying_back_what_arrived_costs_nothing() -> None:
    cost = instalments(Decimal(1200), 12, Decimal(100))
    assert cost is not None
    assert abs(cost.simple) < Decimal("0.000001")


@given(st.integers(1, 10**6), st.integers(1, 60), st.integers(1, 10**5))
def test_more_to_pay_never_costs_less(received: int, months: int, payment: int) -> None:
    first = instalments(Decimal(received), months, Decimal(payment))
    second = instalments(Decimal(received), months, Decimal(payment + 1))
    if first and second:
        assert second.simple >= first.simple


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("8000 12 900", [8000, 12, 900]),
        ("到手8,000元，12期，每期900.50", [8000, 12, Decimal("900.50")]),
        ("1.2万 12 1100", [12000, 12, 1100]),
        ("８０００ １２ ９００", [8000, 12, 900]),
        ("8.000 12 900,50", [8000, 12, Decimal("900.50")]),
        ("no numbers", []),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, numbers: list[int]) -> None:
    assert read_numbers(text) == numbers


@given(st.text(max_size=60))
def test_reading_numbers_never_fails(text: str) -> None:
    read_numbers(text)
