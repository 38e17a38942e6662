"""Pictures are read in a process of their own; whatever is no picture is refused politely."""

import io

import pytest

from bot.notices import pictures
from bot.notices.pictures import (
    PictureError,
    PictureReader,
    ReaderBusyError,
    ReaderMissingError,
    check_size,
    is_installed,
)

Image = pytest.importorskip("PIL.Image", reason="Pillow comes with `make setup-ocr`")
needs_reader = pytest.mark.skipif(
    not is_installed(), reason="the reader for pictures is not installed: make setup-ocr"
)


def png(width: int = 200, height: int = 100, colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"GIF89a" + b"\0" * 40, b"\0" * 11_000_000],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError):
        check_size(data)


def test_a_picture_of_too_many_pixels_is_refused_unread() -> None:
    with pytest.raises(PictureError, match="million"):
        check_size(png(9000, 9000))


def test_without_the_reader_the_person_is_asked_for_the_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "is_installed", lambda: False)
    with PictureReader() as reader:
        with pytest.raises(ReaderMissingError) as missing:
            reader.read(png())
        assert missing.value.phrase == "attachment_photo"
        assert "setup-ocr" in missing.value.remedy
        assert not reader.is_running


def test_only_one_picture_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "is_installed", lambda: True)
    reader = PictureReader()
    reader._pending = 2  # one is being read, one waits
    with pytest.raises(ReaderBusyError):
        reader.read(png())
    assert not reader.is_running


@needs_reader
def test_text_and_codes_are_read_and_the_worker_ends() -> None:
    import zxingcpp
    from PIL import ImageDraw, ImageFont

    image = Image.new("RGB", (900, 700), "white")
    draw = ImageDraw.Draw(image)
    draw.text((40, 40), "PAY 5000 NOW", font=ImageFont.load_default(48), fill="black")
    code = zxingcpp.create_barcode("http://example.com/pay", zxingcpp.BarcodeFormat.QRCode)
    image.paste(Image.fromarray(code.to_image(scale=8)), (40, 200))
    out = io.BytesIO()
    image.save(out, "PNG")
    with PictureReader() as reader:
        picture = reader.read(out.getvalue())
        assert reader.is_running
    assert not reader.is_running
    assert "5000" in picture.text
    assert picture.codes == ("http://example.com/pay",)
    assert picture.whole_text.endswith("http://example.com/pay")


@needs_reader
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_picture_reads_the_same(turn: int) -> None:
    from PIL import ImageDraw, ImageFont

    image = Image.new("RGB", (900, 400), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(44)
    lines = ("FIRST LINE OF THE NOTICE", "SECOND LINE WITH 12345", "THIRD LINE AT THE END")
    for place, line in enumerate(lines):
        draw.text((40, 60 + 100 * place), line, font=font, fill="black")
    out = io.BytesIO()
    image.rotate(turn, expand=True, fillcolor="white").save(out, "PNG")
    text = pictures._read(out.getvalue()).text.replace(" ", "")
    assert text.index("FIRST") < text.index("SECOND") < text.index("THIRD")
