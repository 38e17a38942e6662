"""A small responses/ tree that passes every check, for tests that then break one thing in it."""

from pathlib import Path
from textwrap import dedent

import pytest

from bot.knowledge.lint import REQUIRED_STEPS

SOURCES = """
law:
  title: {zh: 测试法, en: Test Law, es: Ley de prueba}
  short: {zh: 测试法, en: Test Law (测试法), es: Ley de prueba (测试法)}
  number: ""
  in_force: 2021-01-01
  kind: law
  url: null
  articles:
    "1":
      label: null
      quotation: 收到之日起十五日内提出。
      read_at: text of the law
      checked: 2026-11-21
      confidence: T
    "2":
      label: null
      quotation: 一处来源的话。
      read_at: one page
      checked: 2026-11-21
      confidence: C
"""
HOTLINES = """
h12368:
  number: "12368"
  kind: phone
  region: cn
  name: {zh: 法院热线, en: court line, es: línea judicial}
  run_by: {zh: 法院, en: courts, es: tribunales}
  takes: {zh: 查案件, en: looks up cases, es: consulta casos}
  takes_not: {zh: "", en: "", es: ""}
  hours: {zh: 工作日白天, en: workdays, es: días laborables}
  hours_confirmed: false
  schedule: {days: mon-fri, from: "08:30", to: "17:30", zone: Asia/Shanghai}
  instead: null
  cost: {zh: "", en: "", es: ""}
  checked: 2026-11-21
  confidence: B
"""
DEADLINES = """
answer:
  paper: {zh: 起诉状副本, en: complaint, es: demanda}
  action: {zh: 答辩, en: answer, es: contestar}
  length: 15
  unit: day
  from: {zh: 收到之日, en: receipt, es: recepción}
  direction: after
  note: {zh: "", en: "", es: ""}
  sources: [law-1]
"""
TOPIC = """\
---
topic: court
title: {title}
checked: 2026-11-21
check_again: 2027-01-20
route: [h12368]
---

## <a id="start"></a>{step}

{body}

- [{more}](#more)

## <a id="more"></a>{more}

{hotline} [12368](hotline:h12368)

- [{step}](#start)

> staff: {staff}
"""
WORDS = {
    "zh": {
        "title": "法院通知",
        "step": "先看期限",
        "more": "去核实",
        "staff": "先问收到的日期。",
        "body": "依法要在[15天](deadline:answer)内答辩。[^law-1]",
        "hotline": "打",
    },
    "en": {
        "title": "Court notice",
        "step": "The deadline first",
        "more": "Verify it",
        "staff": "Ask for the day first.",
        "body": "By law you answer within [15 days](deadline:answer).[^law-1]",
        "hotline": "Call",
    },
    "es": {
        "title": "Aviso del tribunal",
        "step": "Primero el plazo",
        "more": "Verificar",
        "staff": "Pregunte primero la fecha.",
        "body": "Por ley contesta en [15 días](deadline:answer).[^law-1]",
        "hotline": "Llame",
    },
}
# What the program itself leads to must exist in every tree.
REQUIRED = """\
---
topic: {topic}
title: {title}
checked: 2026-11-21
check_again: 2027-01-20
route: [h12368]
---
"""
REQUIRED_STEP = """
## <a id="{step}"></a>{title}

{title}

- [{title}](#{step})
"""
MENU = """
all:
  title: {zh: 法院, en: Court, es: Tribunal}
  topics: [court, talk_to_human, where_to_start]
"""
PHRASES = {
    "article": "art. {number}",
    "sources": "S: {sources}",
    "yardstick_mark": " (yardstick)",
    "hours": "{hours}",
    "hours_unconfirmed": "({hours})",
    "opens_next": "opens {time}",
    "works_now": "now {number}",
    "status_unsigned": "{checked} unsigned {version}",
    "status_signed": "{checked} {signer} {version}",
    "status_overdue": "old {checked} {version}",
}
FORBIDDEN = """
ignore:
  patterns: ["不用理"]
  why: tells somebody to ignore it
  instead: Say how to verify
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "responses"
    for language, words in WORDS.items():
        write(root / "topics" / "court" / f"{language}.md", TOPIC.format(**words))
        for topic, steps in REQUIRED_STEPS.items():
            text = REQUIRED.format(topic=topic, title=words["title"])
            for step in steps or ("start",):
                text += REQUIRED_STEP.format(step=step, title=words["title"])
            write(root / "topics" / topic / f"{language}.md", text)
        lines = "".join(f'{key}: "{text}"\n' for key, text in PHRASES.items())
        write(root / "phrases" / f"{language}.yml", lines)
    for name, text in (
        ("sources.yml", SOURCES),
        ("hotlines.yml", HOTLINES),
        ("deadlines.yml", DEADLINES),
        ("menu.yml", MENU),
        ("forbidden.yml", FORBIDDEN),
        ("zh-Hant.yml", "面籤: 面簽\n"),
        ("reviews.yml", "sign_offs: []\n"),
    ):
        write(root / name, dedent(text))
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
