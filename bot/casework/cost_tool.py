"""The tool that works out what a loan costs a year. Numbers are used at once and not kept."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from bot.casework.costs import Cost, instalments, single
from bot.conversation.messages import Message, Session, Turn
from bot.conversation.payload import parse_payload
from bot.conversation.screens import open_step, tool_key
from bot.knowledge.content import Content
from bot.knowledge.topics import Paragraph

NAME = "cost"
TOPIC = "loan_cost"
_NUMBER = re.compile(r"\d+(?:[.,]\d{3})*(?:[.,]\d{1,2})?|\d+")
# Tried at the beginning of a run of digits only: a message of nothing else costs no minutes.
_TEN_THOUSAND = re.compile(r"(?<!\d)(\d+(?:\.\d+)?)\s*[万萬]")


class CostTool:
    """Two forms: equal monthly instalments, or everything at once after some days."""

    def __init__(self, content: Callable[[], Content]) -> None:
        self._content = content

    def __call__(self, session: Session, message: Message, now: datetime) -> Turn | None:
        content = self._content()
        if message.kind == "button":
            payload = parse_payload(message.payload)
            choice = payload.tool.removeprefix(f"{NAME}-") if payload else ""
            if choice in ("monthly", "once"):
                return self._ask(content, session, choice, now)
            keys = [
                tool_key(content, session, f"{NAME}-{form}", f"key_cost_{form}")
                for form in ("monthly", "once")
            ]
            return self._stay(open_step(content, session, TOPIC, "start", now, extra=keys), "")
        form = str(session.tool_state.get("form", ""))
        if message.kind != "text" or not form:
            return None
        numbers = read_numbers(message.text)
        if not numbers:
            return None
        cost = _cost(form, numbers)
        if cost is None:
            return self._ask(content, session, form, now, wrong=True)
        return self._result(content, session, form, numbers, cost, now)

    def _ask(
        self, content: Content, session: Session, form: str, now: datetime, *, wrong: bool = False
    ) -> Turn:
        lead = Paragraph(content.phrase("cost_bad_numbers", session.language)) if wrong else None
        return self._stay(
            open_step(content, session, TOPIC, form, now, lead=lead, remember=not wrong), form
        )

    def _result(
        self,
        content: Content,
        session: Session,
        form: str,
        numbers: list[Decimal],
        cost: Cost,
        now: datetime,
    ) -> Turn:
        text = content.phrase(
            f"cost_result_{form}",
            session.language,
            received=_money(numbers[0]),
            count=int(numbers[1]),
            payment=_money(numbers[2]),
            paid=_money(cost.paid),
            extra=_money(cost.extra),
            simple=_percent(cost.simple),
            compound=_percent(cost.compound),
        )
        return open_step(content, session, TOPIC, "result", now, lead=Paragraph(text))

    def _stay(self, done: Turn, form: str) -> Turn:
        return replace(done, session=replace(done.session, tool=NAME, tool_state={"form": form}))


def read_numbers(text: str) -> list[Decimal]:
    """The numbers of a text in order; 8000, 8,000.50, 1.2万 and full-width digits are read."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _TEN_THOUSAND.sub(lambda found: str(Decimal(found[1]) * 10_000), plain)
    numbers = []
    for found in _NUMBER.findall(plain):
        digits = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", found).replace(",", ".")
        try:
            numbers.append(Decimal(digits))
        except InvalidOperation:
            continue
    return numbers


def _cost(form: str, numbers: list[Decimal]) -> Cost | None:
    if len(numbers) != 3 or numbers[1] != int(numbers[1]):
        return None
    received, count, payment = numbers
    if form == "monthly":
        return instalments(received, int(count), payment)
    return single(received, int(count), payment)


def _money(value: Decimal) -> str:
    return f"{value:,.2f}".removesuffix(".00")


def _percent(value: Decimal) -> str:
    return f"{value:.1f}" if value < 100_000 else ">100,000"
