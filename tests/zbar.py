"""zbar by ctypes: a reader of QR codes that shares nothing with zxing-cpp. `setup/zbar.sh` puts its library in place."""

from __future__ import annotations

import ctypes
import os
from ctypes import c_char_p, c_int, c_ulong, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Where set-up unpacks the library where it may not install it.
UNPACKED = (
    Path("/var/lib/gridmap/zbar"),
    Path(os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()) / "gridmap/zbar",
)
GREY = int.from_bytes(b"Y800", "little")
QR_CODE = 64
ENABLE, NONE = 0, 0


@cache
def library() -> Any:
    """Return zbar's library with its calls declared, or None where it is not here."""
    found = _load()
    if found is None:
        return None
    calls = {
        "zbar_image_scanner_create": (c_void_p, []),
        "zbar_image_scanner_destroy": (None, [c_void_p]),
        "zbar_image_scanner_set_config": (c_int, [c_void_p, c_int, c_int, c_int]),
        "zbar_image_create": (c_void_p, []),
        "zbar_image_destroy": (None, [c_void_p]),
        "zbar_image_set_format": (None, [c_void_p, c_ulong]),
        "zbar_image_set_size": (None, [c_void_p, c_int, c_int]),
        "zbar_image_set_data": (None, [c_void_p, c_void_p, c_ulong, c_void_p]),
        "zbar_scan_image": (c_int, [c_void_p, c_void_p]),
        "zbar_image_first_symbol": (c_void_p, [c_void_p]),
        "zbar_symbol_next": (c_void_p, [c_void_p]),
        "zbar_symbol_get_data": (c_char_p, [c_void_p]),
    }
    for name, (result, arguments) in calls.items():
        call = getattr(found, name)
        call.restype, call.argtypes = result, arguments
    return found


def _load() -> Any:
    try:
        return ctypes.CDLL("libzbar.so.0")
    except OSError:
        pass
    for folder in UNPACKED:
        path = next(folder.rglob("libzbar.so.0"), None)
        if path is not None:
            return _open(path, folder)
    return None


def _open(path: Path, folder: Path) -> Any:
    """Open a library; one that it needs and the system lacks is opened from `folder` before it.

    None is opened for all to see: Pillow and others bring the same libraries in another make.
    """
    tried: set[str] = set()
    while True:
        try:
            return ctypes.CDLL(str(path))
        except OSError as error:
            missing = str(error).split(":", 1)[0]
            needed = next(folder.rglob(missing), None) if "/" not in missing and missing not in tried else None
            if needed is None:
                raise
            tried.add(missing)
            _open(needed, folder)


def read(image: NDArray[np.uint8]) -> list[str]:
    """Return what the QR codes in a grey image (rows, columns) say."""
    zbar = library()
    grey = np.ascontiguousarray(image, dtype=np.uint8)
    scanner, picture = zbar.zbar_image_scanner_create(), zbar.zbar_image_create()
    try:
        zbar.zbar_image_scanner_set_config(scanner, NONE, ENABLE, 0)
        zbar.zbar_image_scanner_set_config(scanner, QR_CODE, ENABLE, 1)
        zbar.zbar_image_set_format(picture, GREY)
        zbar.zbar_image_set_size(picture, grey.shape[1], grey.shape[0])
        zbar.zbar_image_set_data(picture, grey.ctypes.data, grey.size, None)
        zbar.zbar_scan_image(scanner, picture)
        said = []
        symbol = zbar.zbar_image_first_symbol(picture)
        while symbol:
            said.append(zbar.zbar_symbol_get_data(symbol).decode())
            symbol = zbar.zbar_symbol_next(symbol)
        return said
    finally:
        zbar.zbar_image_destroy(picture)
        zbar.zbar_image_scanner_destroy(scanner)
