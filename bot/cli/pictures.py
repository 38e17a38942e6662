"""The pictures of `helpline evaluate`: what is confused with what, and risk against coverage.

Plain SVG, so that a browser shows them and no drawing library is needed.
"""

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bot.cli.evaluation import OUT_OF_SCOPE, Row
from bot.conversation.messages import Outcome

CELL = 16  # pixels of one cell of the confusion table
MARGIN = 190  # for the intents' names
WIDTH, HEIGHT = 640, 400
COLOURS = {"all": "#222", "zh": "#c33", "zh-Hant": "#d80", "en": "#27b", "es": "#292"}


def write_pictures(rows: Sequence[Row], outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """confusion.svg (top of the ranking) and risk.svg, into `folder`, made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    ranked = [
        (row, outcome) for row, outcome in zip(rows, outcomes, strict=True) if outcome.ranking
    ]
    written = []
    for name, picture in (("confusion.svg", _confusion(ranked)), ("risk.svg", _risk(ranked))):
        path = folder / name
        path.write_text(picture, encoding="utf-8")
        written.append(path)
    return written


def _confusion(ranked: Sequence[tuple[Row, Outcome]]) -> str:
    pairs = Counter((row.intent, outcome.ranking[0][0]) for row, outcome in ranked)
    names = sorted({name for pair in pairs for name in pair})
    place = {name: index for index, name in enumerate(names)}
    most = Counter(row.intent for row, _ in ranked)
    parts = []
    for (meant, said), count in pairs.items():
        x, y = MARGIN + place[said] * CELL, MARGIN + place[meant] * CELL
        strength = 0.15 + 0.85 * count / most[meant]
        colour = "#27b" if meant == said else "#c33"
        parts.append(
            f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{colour}" '
            f'fill-opacity="{strength:.2f}"><title>{escape(meant)} -> {escape(said)}: {count}'
            "</title></rect>"
        )
    for name, index in place.items():
        at = MARGIN + index * CELL + CELL * 0.75
        parts.append(f'<text x="{MARGIN - 4}" y="{at}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<text transform="translate({at},{MARGIN - 4}) rotate(-90)">{escape(name)}</text>'
        )
    side = MARGIN + len(names) * CELL + 10
    return _svg(side, side, parts)


def curve(ranked: Sequence[tuple[Row, Outcome]]) -> list[tuple[float, float]]:
    """(coverage, risk) while the confidence asked for falls from 1 to 0.

    Coverage is the share of all rows answered; risk the share of the answered that are wrong, rows
    out of scope included.
    """
    answers = []
    for row, outcome in ranked:
        intent, confidence = next(
            (pair for pair in outcome.ranking if pair[0] != OUT_OF_SCOPE), (OUT_OF_SCOPE, 0.0)
        )
        answers.append((confidence, intent not in row.expected))
    answers.sort(key=lambda answer: -answer[0])
    points, wrong = [], 0
    for count, (_, is_wrong) in enumerate(answers, 1):
        wrong += is_wrong
        points.append((count / len(answers), wrong / count))
    return points


def _risk(ranked: Sequence[tuple[Row, Outcome]]) -> str:
    left, bottom = 60, HEIGHT - 40
    across, up = WIDTH - 80, HEIGHT - 80
    parts = [
        f'<path d="M{left},{bottom - up} V{bottom} H{left + across}" fill="none" stroke="#000"/>'
    ]
    for tenth in range(0, 11, 2):
        x, y = left + across * tenth / 10, bottom - up * tenth / 10
        parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{tenth * 10} %</text>')
        parts.append(f'<text x="{left - 6}" y="{y}" text-anchor="end">{tenth * 5} %</text>')
    parts.append(f'<text x="{left + across / 2}" y="{HEIGHT - 8}">coverage</text>')
    parts.append(f'<text x="8" y="{bottom - up - 10}">risk (wrong among answered)</text>')
    groups = {"all": list(ranked)}
    for row, outcome in ranked:
        groups.setdefault(row.language, []).append((row, outcome))
    for index, (language, members) in enumerate(groups.items()):
        colour = COLOURS.get(language, "#888")
        # The axis ends at a risk of one half: beyond it no policy would go.
        line = " ".join(
            f"{left + across * coverage:.1f},{bottom - up * min(risk * 2, 1):.1f}"
            for coverage, risk in curve(members)
        )
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
        label = f"{escape(language)} (n={len(members)})"
        parts.append(
            f'<text x="{left + 12}" y="{bottom - up + 16 * index}" fill="{colour}">{label}</text>'
        )
    return _svg(WIDTH, HEIGHT, parts)


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
