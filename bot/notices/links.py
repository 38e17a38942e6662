"""Addresses in a text: which host they lead to and what is odd about it. Nothing is ever opened."""

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tldextract
import yaml

from bot.notices.folding import FoldedText
from bot.notices.spans import Span

HOSTS_FILE = Path(__file__).resolve().parents[2] / "responses" / "official_hosts.yml"
MAX_LINKS = 50  # a text with more is no notice; what follows is not looked at
_LABEL = r"[a-z0-9\u00a1-\u2fff\u3040-\u33ff\uf900-\ufaff_\-]{1,63}"
_LINK = re.compile(
    rf"(?P<scheme>https?://|hxxps?://)?"
    rf"(?P<user>[a-z0-9._%\-]{{1,64}}@)?"
    rf"(?P<host>(?:\d{{1,3}}\.){{3}}\d{{1,3}}|(?:{_LABEL}\.){{1,8}}[a-z\u00a1-\u2fff][a-z0-9\-\u00a1-\u2fff]{{1,23}})"
    rf"(?P<port>:\d{{1,5}})?(?P<path>[/?#][!-~]{{0,400}})?",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+\-]{0,63}@(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,10}")
_QR = re.compile(r"二维码|扫码|扫一扫|扫描下方|扫以下|qr ?code|código qr")
# A person, a bot or a data set may have taken the address out and left a word in its place.
_PLACEHOLDER = re.compile(r"(?<![a-z])url(?![a-z])|\[(?:链接|网址|link)\]|【(?:链接|网址)】")
# Letters of other scripts that look like Latin ones.
_LOOK_ALIKE = str.maketrans("аеорсухіјѕһԁɡοανтьмкнꜱⅼ01", "aeopcyxijshdgoavtbmkhslol")
_SHORT = frozenset(
    [
        "t.cn",
        "url.cn",
        "dwz.cn",
        "suo.im",
        "suo.nz",
        "3.cn",
        "w.url.cn",
        "sina.lt",
        "t.im",
        "is.gd",
        "bit.ly",
        "tinyurl.com",
        "goo.gl",
        "dwz.mk",
        "c6i.cn",
        "mrw.so",
        "u.to",
        "reurl.cc",
        "lihi.cc",
        "s.id",
        "t.co",
        "ppt.cc",
        "rb.gy",
        "985.so",
        "sourl.cn",
        "xsurl.cn",
        "kzurl.cn",
        "suowo.cn",
        "dwz.date",
        "tinyurl.hk",
        "n9.cl",
        "v.ht",
    ]
)


@dataclass(frozen=True)
class Host:
    """A host known to this project: who runs it, what it is for, how sure that is."""

    host: str
    kind: str  # court | delivery | police | government | lender | other
    confidence: str
    name: Mapping[str, str]


@dataclass(frozen=True)
class Link:
    """`oddities`: lookalike, punycode, homoglyph, address (bare number), short, user (x@host)."""

    span: Span
    host: str
    registered: str  # the domain that somebody registered; the host itself for a bare address
    known: Host | None
    oddities: tuple[str, ...] = ()
    in_email: bool = False

    @property
    def is_government(self) -> bool:
        return self.host.endswith(".gov.cn") or self.host == "gov.cn"


@cache
def _extractor() -> tldextract.TLDExtract:
    # The list of public suffixes inside the package: no download, no cache on disk.
    return tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True, extra_suffixes=()
    )


@cache
def known_hosts() -> Mapping[str, Host]:
    entries: dict[str, dict[str, Any]] = yaml.load(
        HOSTS_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return {
        host: Host(host, entry["kind"], str(entry["confidence"]), entry["name"])
        for host, entry in entries.items()
    }


def forget_hosts() -> None:
    """The hosts are read again when they are next needed."""
    known_hosts.cache_clear()
    _official_words.cache_clear()


@cache
def _official_words() -> tuple[str, ...]:
    """Parts of official hosts that a look-alike would borrow: court.gov.cn, icbc.com.cn."""
    return tuple(sorted({_registered(host) for host in known_hosts()} | {"court.gov.cn"}))


def find_links(folded: FoldedText) -> tuple[Link, ...]:
    found: list[Link] = []
    emails = [match.span() for match in _EMAIL.finditer(folded.lines)]
    for match in _LINK.finditer(folded.lines):
        if any(start <= match.start() < end for start, end in emails):
            continue
        link = _link(match, folded)
        if link:
            found.append(link)
            if len(found) >= MAX_LINKS:
                break
    return tuple(found)


def find_emails(folded: FoldedText) -> tuple[Span, ...]:
    return tuple(folded.line_span(*m.span()) for m in _EMAIL.finditer(folded.lines))


def find_qr_codes(folded: FoldedText) -> tuple[Span, ...]:
    """Places where the text asks to scan a code."""
    return tuple(folded.span(*match.span()) for match in _QR.finditer(folded.text))


def find_placeholders(folded: FoldedText) -> tuple[Span, ...]:
    return tuple(folded.span(*match.span()) for match in _PLACEHOLDER.finditer(folded.text))


def read_link(text: str) -> Link | None:
    """The address that a QR code or a line holds, or None if it holds none."""
    links = find_links(FoldedText(text))
    return links[0] if links else None


def _link(match: "re.Match[str]", folded: FoldedText) -> Link | None:
    host = match["host"].strip(".-_")
    scheme = bool(match["scheme"])
    if re.fullmatch(r"(?:\d{1,3}\.){3}\d{1,3}", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return None
        if not (scheme or match["port"] or match["path"]):
            return None  # a version or a date
        span = folded.line_span(*match.span())
        return Link(span, host, host, known_hosts().get(host), ("address",))
    parts = _extractor()(host)
    if not parts.suffix or not parts.domain:
        return None
    if not scheme and not match["path"] and _is_no_host(host, parts.suffix):
        return None
    registered = f"{parts.domain}.{parts.suffix}"
    known = _known(host)
    return Link(
        folded.line_span(match.start(), match.end() - len(_tail(match))),
        host,
        registered,
        known,
        _oddities(host, registered, known, user=bool(match["user"])),
    )


def _tail(match: "re.Match[str]") -> str:
    """Punctuation that ends the sentence, not the address."""
    found = re.search(r"[.,;:!?)\]>'\"]{1,8}$", match.group())
    return found.group() if found else ""


def _is_no_host(host: str, suffix: str) -> bool:
    """5273.34元 and file names read like hosts; a bare host counts with a usual ending only."""
    usual = ("cn", "com", "net", "org", "gov.cn", "com.cn", "top", "xyz", "vip", "cc", "hk", "tw")
    return host.replace(".", "").isdigit() or not suffix.endswith(usual)


def _known(host: str) -> Host | None:
    hosts = known_hosts()
    labels = host.split(".")
    for start in range(len(labels) - 1):
        entry = hosts.get(".".join(labels[start:]))
        if entry:
            return entry
    return None


@cache
def _registered(host: str) -> str:
    parts = _extractor()(host)
    return f"{parts.domain}.{parts.suffix}" if parts.suffix else host


def _oddities(host: str, registered: str, known: Host | None, *, user: bool) -> tuple[str, ...]:
    odd = []
    if user:
        odd.append("user")
    if any(label.startswith("xn--") for label in host.split(".")):
        odd.append("punycode")
    if not host.isascii():
        odd.append("homoglyph")
    if registered in _SHORT or host in _SHORT:
        odd.append("short")
    if known is None and _looks_alike(host, registered):
        odd.append("lookalike")
    return tuple(odd)


def _looks_alike(host: str, registered: str) -> bool:
    """An official host's name that stands anywhere but at the end: court.gov.cn.example.com."""
    plain = _skeleton(host)
    if "gov.cn" in plain and not plain.endswith("gov.cn"):
        return True
    if re.search(
        r"gov[-_]?cn|(?:court|fayuan|gongan|police)[-_]?gov|gov[-_](?:court|police)", plain
    ):
        return not plain.endswith(".gov.cn")
    own = _skeleton(registered)
    for official in _official_words():
        if own == official and registered != official:
            return True
        if official in plain and not plain.endswith(official):
            return True
        name = official.split(".")[0]
        if (
            len(name) >= 5
            and name != "court"
            and name in own.split(".")[0].split("-")
            and own != official
        ):
            return True
    return False


def _skeleton(host: str) -> str:
    if "xn--" in host:
        labels = []
        for label in host.split("."):
            try:
                labels.append(label.encode("ascii").decode("idna"))
            except UnicodeError:
                labels.append(label)
        host = ".".join(labels)
    folded = unicodedata.normalize("NFKC", host.lower())
    return folded if folded.isascii() else folded.translate(_LOOK_ALIKE)
