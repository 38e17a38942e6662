"""What a loan really costs a year, from what arrived and what is paid back. Exact arithmetic."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

DIGITS = 40  # precision of the search; results are rounded for people only
ITERATIONS = 200
MAX_MONTHLY_RATE = Decimal(100)  # 10,000 % a month: beyond it the numbers were mistyped


@dataclass(frozen=True)
class Cost:
    """Rates in percent a year. `simple` is twelve monthly rates (the way caps are compared),
    `compound` includes interest on interest; `paid` and `extra` are amounts of money."""

    simple: Decimal
    compound: Decimal
    paid: Decimal
    extra: Decimal


def instalments(received: Decimal, months: int, payment: Decimal) -> Cost | None:
    """A loan paid back in equal monthly payments, the first a month after the money arrived.

    None where the payments do not even return what arrived, or the numbers make no sense.
    """
    if received <= 0 or payment <= 0 or not 1 <= months <= 600 or payment * months < received:
        return None
    with localcontext() as context:
        context.prec = DIGITS
        low, high = Decimal(0), MAX_MONTHLY_RATE
        if _present(payment, months, high) > received:
            return None
        for _ in range(ITERATIONS):
            middle = (low + high) / 2
            if _present(payment, months, middle) > received:
                low = middle
            else:
                high = middle
        rate = (low + high) / 2
        paid = payment * months
        return Cost(rate * 1200, ((1 + rate) ** 12 - 1) * 100, paid, paid - received)


def _present(payment: Decimal, months: int, rate: Decimal) -> Decimal:
    """What the payments are worth on the day the money arrived, at a monthly rate."""
    if rate == 0:
        return payment * months
    return payment * (1 - (1 + rate) ** -months) / rate


def single(received: Decimal, days: int, repaid: Decimal) -> Cost | None:
    """A loan paid back at once after so many days; a year has 365."""
    if received <= 0 or not 1 <= days <= 36500 or repaid < received:
        return None
    with localcontext() as context:
        context.prec = DIGITS
        growth = repaid / received
        simple = (growth - 1) * 365 / days * 100
        try:
            compound = (growth ** (Decimal(365) / days) - 1) * 100
        except ArithmeticError:
            return None
        return Cost(simple, compound, repaid, repaid - received)
