"""Pictures of digits in every form that scanners, phones and drawing programs write."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import chainrule
from chainrule.common import pictures
from chainrule.common.errors import FileFormatError, InputError
from chainrule.files import digit as reader
from chainrule.files import picture

Paper = NDArray[np.float64]
_, (X_TEST, Y_TEST) = chainrule.datasets.load_mnist_small()


def drawn(digit: int = 3) -> Paper:
    """How much ink is at each pixel of a drawing of 100x110 pixels, from 0 to 1, unlike upside down or mirrored."""
    image = X_TEST[np.flatnonzero(Y_TEST == digit)[0]].reshape(28, 28)
    large = np.asarray(Image.fromarray(image).resize((70, 70), Image.Resampling.BILINEAR), np.float64).clip(0, 1)
    return np.pad(large, ((10, 20), (15, 25)))


def bright(ink: Paper, paper: float = 0.92, darkest: float = 0.08) -> Paper:
    """The drawing's brightness from 0 to 1."""
    return paper - (paper - darkest) * ink


def whole(levels: Paper, largest: float, dtype: str) -> NDArray[Any]:
    return (levels * largest).round().astype(dtype)


def gray(levels: Paper) -> Image.Image:
    return Image.fromarray(whole(levels, 255, "uint8"))


def rgb(levels: Paper) -> Image.Image:
    return gray(levels).convert("RGB")


def with_alpha(color: tuple[int, int, int], ink: Paper) -> Image.Image:
    """Ink of one color on transparent paper, whose own color is black, as drawing programs have it."""
    pixels = np.zeros((*ink.shape, 4), np.uint8)
    pixels[ink > 0, :3] = color
    pixels[..., 3] = whole(ink, 255, "uint8")
    return Image.fromarray(pixels)


def page(ink: Paper) -> Image.Image:
    """A white page with a digit, within a transparent margin."""
    picture = rgb(bright(ink)).convert("RGBA")
    whole_page = Image.new("RGBA", (picture.width + 40, picture.height + 40), (0, 0, 0, 0))
    whole_page.paste(picture, (20, 20))
    return whole_page


def color_key(ink: Paper) -> tuple[Image.Image, dict[str, Any]]:
    levels = whole(bright(ink, 1, 0), 255, "uint8")
    return Image.fromarray(levels), {"transparency": 255}


FORMS: dict[str, tuple[str, Callable[[Paper], Any]]] = {
    # Bit depths. The digit must come out alike whatever the numbers go up to.
    "1 bit": ("png", lambda ink: Image.fromarray(ink < 0.5)),
    "4 of 8 bits": ("png", lambda ink: Image.fromarray(whole(bright(ink), 15, "uint8"))),
    "16 bits": ("png", lambda ink: Image.fromarray(whole(bright(ink), 65535, "uint16"))),
    "16 bits, shaded": ("png", lambda ink: Image.fromarray(whole(0.1 + 0.8 * bright(ink), 65535, "uint16"))),
    "12 of 16 bits": ("png", lambda ink: Image.fromarray(whole(bright(ink), 4095, "uint16"))),
    "10 of 16 bits, TIFF": ("tif", lambda ink: Image.fromarray(whole(bright(ink), 1023, "uint16"))),
    "16 bits, big-endian": ("tif", lambda ink: Image.fromarray(whole(bright(ink), 65535, ">u2"))),
    "16 bits, PGM": ("pgm", lambda ink: Image.fromarray(whole(bright(ink), 65535, "uint16"))),
    "32 bits": ("tif", lambda ink: Image.fromarray(whole(bright(ink), 2**31 - 1, "int32"))),
    "32 bits, negative": ("tif", lambda ink: Image.fromarray(whole(bright(ink) - 0.5, 2**31 - 1, "int32"))),
    "32 bits, few levels": ("tif", lambda ink: Image.fromarray(whole(bright(ink), 255, "int32"))),
    "32 bits, little contrast": ("tif", lambda ink: Image.fromarray(whole(bright(ink), 200, "int32") + 2**30)),
    "float 0..1": ("tif", lambda ink: Image.fromarray(bright(ink).astype(np.float32))),
    "float 0..255": ("tif", lambda ink: Image.fromarray((255 * bright(ink)).astype(np.float32))),
    "float, tiny": ("tif", lambda ink: Image.fromarray((1e-30 * bright(ink)).astype(np.float32))),
    "float, light on dark": ("tif", lambda ink: Image.fromarray((ink - 7).astype(np.float32))),
    # Colors.
    "RGB": ("png", lambda ink: rgb(bright(ink))),
    "JPEG": ("jpg", lambda ink: rgb(bright(ink))),
    "WebP": ("webp", lambda ink: rgb(bright(ink))),
    "BMP": ("bmp", lambda ink: rgb(bright(ink))),
    "light on dark": ("png", lambda ink: rgb(1 - bright(ink))),
    "CMYK": ("tif", lambda ink: rgb(bright(ink)).convert("CMYK")),
    "CMYK JPEG": ("jpg", lambda ink: rgb(bright(ink)).convert("CMYK")),
    "YCbCr": ("tif", lambda ink: rgb(bright(ink)).convert("YCbCr")),
    "LAB": ("tif", lambda ink: Image.merge("LAB", [gray(bright(ink)), *[Image.new("L", ink.shape[::-1], 128)] * 2])),
    "palette": ("png", lambda ink: rgb(bright(ink)).quantize(64)),
    "GIF": ("gif", lambda ink: rgb(bright(ink)).quantize(64)),
    "blue ink": (
        "png",
        lambda ink: Image.merge("RGB", [gray(bright(ink)), gray(bright(ink)), gray(bright(0.2 * ink))]),
    ),
    # Transparency.
    "black on transparent": ("png", lambda ink: with_alpha((0, 0, 0), ink)),
    "white on transparent": ("png", lambda ink: with_alpha((255, 255, 255), ink)),
    "gray on transparent": ("png", lambda ink: with_alpha((128, 128, 128), ink)),
    "red on transparent": ("webp", lambda ink: with_alpha((200, 30, 30), ink)),
    "thin ink on transparent": ("png", lambda ink: with_alpha((255, 255, 255), 0.4 * ink)),
    "gray and alpha": ("png", lambda ink: with_alpha((255, 255, 255), ink).convert("LA")),
    "palette with alpha": ("png", lambda ink: with_alpha((255, 255, 255), ink).quantize(64)),
    "opaque, with alpha": ("png", lambda ink: rgb(bright(ink)).convert("RGBA")),
    "opaque, with alpha, light on dark": ("png", lambda ink: rgb(1 - bright(ink)).convert("RGBA")),
    "page in a transparent margin": ("png", page),
    "white is transparent": ("png", color_key),
}


def read_digit(path: Path) -> Any:
    return reader.read_digit(path).pixels


def difference(one: Any, other: Any) -> float:
    """The mean difference of two digits; rounding may move their middle by a pixel."""
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return min(float(np.abs(np.roll(one, move, (0, 1)) - other).mean()) for move in moves)


def saved(made: Any, path: Path) -> Path:
    image, options = made if isinstance(made, tuple) else (made, {})
    image.save(path, **options)
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("digit", [3, 7])
def test_every_form_shows_the_same_digit(tmp_path: Path, form: str, digit: int) -> None:
    expected = read_digit(saved(gray(bright(drawn(digit))), tmp_path / "expected.png"))
    suffix, make = FORMS[form]
    digits = read_digit(saved(make(drawn(digit)), tmp_path / f"digit.{suffix}"))
    assert difference(digits, expected) < 0.03  # what few levels and another rounding of the box make
    assert difference(digits, read_digit(saved(gray(bright(drawn(10 - digit))), tmp_path / "other.png"))) > 0.07


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_says(tmp_path: Path, orientation: int) -> None:
    upright = gray(bright(drawn()))
    expected = read_digit(saved(upright, tmp_path / "expected.png"))
    # What the camera stored: the way that a viewer undoes.
    undo = [
        *(None, None, "FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM"),
        *("TRANSPOSE", "ROTATE_90", "TRANSVERSE", "ROTATE_270"),
    ][orientation]
    stored = upright if undo is None else upright.transpose(Image.Transpose[undo])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_allclose(read_digit(tmp_path / "turned.png"), expected, atol=1e-6)


def test_unsigned_numbers_of_32_bits(tmp_path: Path) -> None:
    levels = whole(bright(drawn()), 2**32 - 1, "uint32")
    content = saved(Image.fromarray(levels.view(np.int32)), tmp_path / "digit.tif").read_bytes()
    signed, unsigned = (struct.pack("<HHII", 339, 3, 1, value) for value in (2, 1))  # the tag of the numbers' type
    assert content.count(signed) == 1
    (tmp_path / "digit.tif").write_bytes(content.replace(signed, unsigned))
    assert picture.gray_levels(tmp_path / "digit.tif").max() > 2**31
    expected = read_digit(saved(gray(bright(drawn())), tmp_path / "expected.png"))
    np.testing.assert_allclose(read_digit(tmp_path / "digit.tif"), expected, atol=0.02)


def png(width: int, height: int, depth: int = 8) -> bytes:
    """A black PNG, packed row by row."""
    packer = zlib.compressobj(9)
    rows = [packer.compress(bytes(1 + width * depth // 8)) for _ in range(height)]

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"".join([*rows, packer.flush()])) + chunk(b"IEND", b"")


# Below Pillow's own warning, above it, and above its own limit.
@pytest.mark.parametrize("side", [7_100, 9_600, 40_000])
def test_a_very_large_picture_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int) -> None:
    (tmp_path / "large.png").write_bytes(png(side, side, 1)[:1000])  # only its header is needed
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)
    with pytest.raises(InputError, match=r"large\.png has too many pixels: at most 50,000,000 are read\. Cut out"):
        read_digit(tmp_path / "large.png")


def test_the_largest_picture_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(gray(bright(drawn())), tmp_path / "digit.png")
    monkeypatch.setattr(pictures, "LARGEST", drawn().size)
    assert read_digit(path).max() == 1
    monkeypatch.setattr(pictures, "LARGEST", drawn().size - 1)
    with pytest.raises(InputError, match="too many pixels"):
        read_digit(path)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_several_frames_are_refused(tmp_path: Path, suffix: str) -> None:
    frames = [rgb(bright(drawn(digit))) for digit in (1, 2)]
    frames[0].save(tmp_path / f"digits.{suffix}", save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"has several frames or pages\. Save the one that counts"):
        read_digit(tmp_path / f"digits.{suffix}")


def test_a_photo_with_a_preview_is_read(tmp_path: Path) -> None:
    frames = [rgb(bright(drawn(3))), rgb(bright(drawn(7)))]
    frames[0].save(tmp_path / "photo.jpg", format="MPO", save_all=True, append_images=frames[1:])
    expected = read_digit(saved(gray(bright(drawn(3))), tmp_path / "expected.png"))
    assert difference(read_digit(tmp_path / "photo.jpg"), expected) < 0.02


@pytest.mark.parametrize(
    "blank",
    [
        Image.new("L", (30, 30), 128),
        Image.new("RGBA", (30, 30), (255, 255, 255, 0)),
        Image.new("RGBA", (30, 30), (9, 9, 9, 255)),
        Image.new("1", (1, 1)),
        Image.fromarray(np.full((30, 30), 40_000, np.uint16)),
        Image.fromarray(np.full((30, 30), 0.3, np.float32) + np.eye(30, dtype=np.float32) * 1e-8),
        Image.fromarray(np.zeros((30, 30), np.float32)),
    ],
    ids=lambda image: image.mode,
)
def test_a_blank_picture_is_refused(tmp_path: Path, blank: Image.Image) -> None:
    with pytest.raises(InputError, match="shows no digit: it is blank"):
        read_digit(saved(blank, tmp_path / ("blank.tif" if blank.mode == "F" else "blank.png")))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    levels = bright(drawn()).astype(np.float32)
    levels[5, 5] = value
    with pytest.raises(InputError, match="holds pixels that are NaN or infinite"):
        read_digit(saved(Image.fromarray(levels), tmp_path / "digit.tif"))


@pytest.mark.parametrize("form", ["RGB", "JPEG", "GIF", "16 bits", "float 0..1", "CMYK", "WebP", "BMP", "16 bits, PGM"])
def test_damaged_pictures_are_read_or_refused(tmp_path: Path, form: str) -> None:
    suffix, make = FORMS[form]
    content = saved(make(drawn()), tmp_path / f"digit.{suffix}").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(40):
        damaged = bytearray(content[: rng.integers(20, len(content) + 1)])
        for place in rng.integers(0, min(len(damaged), 300), rng.integers(0, 4)):
            damaged[place] = rng.integers(256)
        (tmp_path / "damaged").write_bytes(damaged)
        try:
            digit = read_digit(tmp_path / "damaged")
        except (InputError, FileFormatError) as error:
            assert "damaged" in str(error)
        else:
            assert digit.shape == (28, 28) and 0 <= digit.min() <= digit.max() <= 1


def test_a_bomb_of_text_in_a_picture_is_refused(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    content = io.BytesIO()
    info = PngInfo()
    info.add_text("Comment", "a" * 3_000_000, zip=True)
    gray(bright(drawn())).save(content, "png", pnginfo=info)
    (tmp_path / "bomb.png").write_bytes(content.getvalue())
    with pytest.raises(FileFormatError, match="or it is damaged"):
        read_digit(tmp_path / "bomb.png")


def test_a_digit_that_is_as_in_mnist_keeps_every_pixel(tmp_path: Path) -> None:
    _, (X, _) = chainrule.datasets.load_mnist_small(normalize=False)
    for digit, expected in zip(X[:40].reshape(-1, 28, 28), X_TEST, strict=False):
        read = reader.read_digit(saved(Image.fromarray(digit), tmp_path / "digit.png"))
        assert not read.moved
        np.testing.assert_array_equal(read.pixels.ravel(), expected)
        # Elsewhere in the field, smaller or on white paper it is prepared.
        for other in np.roll(digit, 3, 1), digit[::2, ::2], 255 - digit:
            assert reader.read_digit(saved(Image.fromarray(other), tmp_path / "other.png")).moved
