"""Pictures of pages that are light enough for a repository: PNG with a palette of 256 colors."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from playwright.sync_api import Page

_MOST_COLORS = 256
#: Returns the width of a PNG, and its pixels, four bytes each, in base64.
_PIXELS = """async png => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const pixels = pen.getImageData(0, 0, image.width, image.height).data;
    let text = "";
    for (let k = 0; k < pixels.length; k += 32768)
        text += String.fromCharCode(...pixels.subarray(k, k + 32768));
    return [image.width, btoa(text)];
}"""


def lighter(png: bytes, lab: Page) -> bytes:
    """Return a picture in its most frequent colors, all others being the nearest of them.

    The page decodes it, and has to be an empty one.
    """
    width, pixels = lab.evaluate(_PIXELS, base64.b64encode(png).decode())
    bytes_of = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(-1, 4)[:, :3]
    packed = bytes_of.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    colors, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = colors[np.argsort(-counts, kind="stable")[:_MOST_COLORS]]
    apart = (_parts(colors)[:, None, :] - _parts(kept)[None, :, :]) ** 2
    index = apart.sum(axis=2).argmin(axis=1).astype(np.uint8)[place].reshape(-1, width)
    rows = np.pad(index, ((0, 0), (1, 0)))  # each row begins with its filter: none
    header = struct.pack(">IIBBBBB", width, len(index), 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", header),
            (b"PLTE", _parts(kept).astype(np.uint8).tobytes()),
            (b"IDAT", zlib.compress(rows.tobytes(), 9)),
            (b"IEND", b""),
        )
    )


def _parts(packed: np.ndarray) -> np.ndarray:
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1)
