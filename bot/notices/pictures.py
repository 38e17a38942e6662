"""Text and QR codes of a screenshot or photograph, read in a process of its own.

Optional: needs `make setup-ocr` (RapidOCR with its models, about 300 MB installed; some 480 MB of
memory while it runs). The worker process starts with the first picture and ends when idle. Pictures
are decoded to bare pixels, so EXIF (place, camera) is dropped with them, and nothing is written.
"""

import asyncio
import contextlib
import importlib.util
import io
import statistics
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import Any

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000  # more than a telephone takes; a bomb is larger
FORMATS = ("JPEG", "PNG", "WEBP")
IDLE_SECONDS = 60.0
TIMEOUT_SECONDS = 30.0
MEMORY_BYTES = 3 * 1024**3  # the worker's heap may not grow beyond this
_WAITING = 1  # pictures that may wait while one is read
_WIDEST = 1400  # pixels; wider pictures are made smaller, letters stay large enough
_TILE_HEIGHT = 1800  # long screenshots are read piece by piece
_OVERLAP = 90
_GOOD_SCORE = 0.8  # mean confidence from which the picture counts as upright
_DARK = 96  # mean brightness below which light letters stand on a dark ground


class PictureError(Exception):
    """A picture cannot be read. `phrase` names what to tell the person, `remedy` the developer."""

    phrase = "notice_picture_unreadable"

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy)
        self.remedy = remedy


class ReaderMissingError(PictureError):
    """The optional reader is not installed: ask for the text instead."""

    phrase = "attachment_photo"


class ReaderBusyError(PictureError):
    """One picture is being read and one waits already: ask for the text instead."""

    phrase = "attachment_photo"


@dataclass(frozen=True)
class Picture:
    """Lines from top to bottom, and what QR codes in the picture hold."""

    text: str
    codes: tuple[str, ...] = ()

    @property
    def whole_text(self) -> str:
        """The text with each code on a line of its own, as the reading takes it."""
        return "\n".join((self.text, *self.codes)) if self.codes else self.text


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "zxingcpp", "PIL"))


class PictureReader:
    """One worker process and a queue of one. `read` blocks; `read_async` does not.

    Use it as a context manager, or call `close` when the service stops.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._timer: threading.Timer | None = None
        self._pending = 0

    def __enter__(self) -> "PictureReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether the worker process exists now."""
        return self._pool is not None

    def read(self, data: bytes) -> Picture:
        """Read a picture. Raises PictureError, whose `phrase` is what to tell the person."""
        future = self._submit(data)
        try:
            return future.result(timeout=TIMEOUT_SECONDS)
        except TimeoutError as error:
            self._stop()
            raise PictureError("the picture took too long; send a smaller one") from error
        except BrokenProcessPool as error:
            self._stop()
            raise PictureError("the picture needs too much memory; send a smaller one") from error
        finally:
            self._finished()

    async def read_async(self, data: bytes) -> Picture:
        """Like `read`, off the event loop."""
        return await asyncio.to_thread(self.read, data)

    def close(self) -> None:
        """End the worker process."""
        with self._lock:
            self._cancel_timer()
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, data: bytes) -> "Future[Picture]":
        if not is_installed():
            raise ReaderMissingError("run `make setup-ocr` to read pictures, or paste the text")
        check_size(data)
        with self._lock:
            if self._pending > _WAITING:
                raise ReaderBusyError("two pictures are being read already; paste the text")
            self._pending += 1
            self._cancel_timer()
            if self._pool is None:
                # spawn: a fork would copy the service's threads and locks half-way.
                self._pool = ProcessPoolExecutor(
                    1, mp_context=get_context("spawn"), initializer=_limit_memory
                )
            return self._pool.submit(_read, data)

    def _finished(self) -> None:
        with self._lock:
            self._pending -= 1
            if self._pending == 0 and self._pool is not None:
                self._timer = threading.Timer(self._idle_seconds, self.close)
                self._timer.daemon = True
                self._timer.start()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop(self) -> None:
        """End a worker that hangs or has died; the next picture starts another."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            processes = list((getattr(pool, "_processes", None) or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()


def check_size(data: bytes) -> None:
    """Refuse what is too large or no picture, from its header alone. Raises PictureError."""
    from PIL import Image

    if not data or len(data) > MAX_BYTES:
        raise PictureError("send a JPEG, PNG or WebP picture of at most 10 MB")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
    except Exception as error:  # Pillow raises many kinds for broken files
        raise PictureError("this is no JPEG, PNG or WebP picture") from error
    if width * height > MAX_PIXELS or min(width, height) < 8:
        raise PictureError("send a picture of at most 40 million pixels")


# What runs in the worker process


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _read(data: bytes) -> Picture:
    pixels = _pixels(data)
    codes = _codes(pixels)
    boxes = _all_boxes(pixels)
    if not _is_good(boxes):
        boxes = _upright(pixels, boxes)
    return Picture("\n".join(_in_order(boxes)), codes)


def _pixels(data: bytes) -> Any:
    """The picture as an upright RGB array, no wider than the reader needs; dark mode inverted."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            image.draft("RGB", (_WIDEST * 2, _WIDEST * 2))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except Exception as error:  # Pillow raises many kinds for broken files
        raise PictureError("the picture is damaged") from error
    if upright.width > _WIDEST and upright.height > _WIDEST // 2:
        height = round(upright.height * _WIDEST / upright.width)
        upright = upright.resize((_WIDEST, max(height, 1)), Image.Resampling.LANCZOS)
    pixels = np.asarray(upright)
    return 255 - pixels if float(pixels.mean()) < _DARK else pixels


def _codes(pixels: Any) -> tuple[str, ...]:
    import zxingcpp

    found = zxingcpp.read_barcodes(pixels)
    return tuple(dict.fromkeys(code.text for code in found if code.text))


@dataclass(frozen=True)
class _Box:
    """One line as the reader found it; `y` is its middle, pixels of the whole picture."""

    y: float
    x: float
    height: float
    width: float
    text: str
    score: float


def _all_boxes(pixels: Any) -> list[_Box]:
    """The lines of the picture; a long one is read in pieces."""
    height = pixels.shape[0]
    boxes: list[_Box] = []
    start = 0
    while True:
        end = min(start + _TILE_HEIGHT, height)
        boxes.extend(_boxes(pixels[start:end], start, boxes))
        if end == height:
            return boxes
        start = end - _OVERLAP


def _boxes(tile: Any, top: int, before: Sequence[_Box]) -> list[_Box]:
    """Every line of a piece; a line seen in the piece above is left out."""
    # Without the turning of single lines an upside-down picture scores badly and is noticed.
    result = _engine()(tile, use_cls=False)
    if result.boxes is None or not result.txts:
        return []
    found = []
    for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
        xs = [float(corner[0]) for corner in corners]
        ys = [float(corner[1]) + top for corner in corners]
        height = max(ys) - min(ys)
        box = _Box(sum(ys) / len(ys), min(xs), height, max(xs) - min(xs), str(text), float(score))
        if not any(_is_same(box, other) for other in before):
            found.append(box)
    return found


def _is_same(box: _Box, other: _Box) -> bool:
    near = abs(box.y - other.y) < max(box.height, 8)
    return near and box.text[:6] == other.text[:6]


def _is_good(boxes: Sequence[_Box]) -> bool:
    return _score(boxes) >= _GOOD_SCORE and not _lies_on_its_side(boxes)


def _score(boxes: Sequence[_Box]) -> float:
    return statistics.fmean(box.score for box in boxes) if boxes else 0.0


def _lies_on_its_side(boxes: Sequence[_Box]) -> bool:
    long = [box for box in boxes if len(box.text) > 3]
    return sum(box.height > box.width for box in long) > len(long) / 2


def _in_order(boxes: Sequence[_Box]) -> list[str]:
    """Boxes on one height are one line, left to right."""
    lines: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda b: (b.y, b.x)):
        if lines and abs(box.y - lines[-1][0].y) < 0.5 * max(lines[-1][0].height, 8):
            lines[-1].append(box)
        else:
            lines.append([box])
    return [" ".join(box.text for box in sorted(line, key=lambda b: b.x)) for line in lines]


def _upright(pixels: Any, boxes: list[_Box]) -> list[_Box]:
    """The lines of a picture turned by a quarter or half, the way round that reads best."""
    import numpy as np

    def weight(found: Sequence[_Box]) -> float:
        side = 0.5 if _lies_on_its_side(found) else 1.0
        return side * _score(found) * sum(len(box.text) for box in found)

    best = boxes
    for turns in (1, 3) if _lies_on_its_side(boxes) else (2, 1, 3):
        found = _all_boxes(np.ascontiguousarray(np.rot90(pixels, turns)))
        if weight(found) > weight(best):
            best = found
    return best
