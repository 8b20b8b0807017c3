"""Codes and names of proposed beats: as many doors as can be keep the beat they know; a new beat gets a code never used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

_NUMBERED: Final = re.compile(r"(.*?)([0-9]+)")
_NEVER: Final = 1e12


def matched(shared: NDArray[np.float64], alike: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each of k new zones the former one whose code it takes, or -1 for none.

    Parameters
    ----------
    shared
        (k, m) doors that new zone and former zone have in common.
    alike
        (k, m) whether the new zone may take the former one's code.

    Returns
    -------
    former
        (k,) rows of former zones, none twice, so that the most doors keep their code.

    References
    ----------
    Kuhn (1955), "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, 83-97.
    """
    worth = np.where(alike, shared, -_NEVER)
    new, old = linear_sum_assignment(worth, maximize=True)
    former = np.full(len(shared), -1, dtype=np.int64)
    good = alike[new, old] & (shared[new, old] > 0)
    former[new[good]] = old[good]
    return former


def new_codes(used: Sequence[str]) -> Iterator[str]:
    """Give codes after the scheme of those in use, none of which was ever used.

    >>> codes = new_codes(["J01", "J22", "K7"])
    >>> next(codes), next(codes)
    ('J23', 'J24')
    >>> next(new_codes([]))
    'J01'
    """
    found = [hit for hit in map(_NUMBERED.fullmatch, used) if hit]
    by_prefix: dict[str, list[str]] = {}
    for hit in found:
        by_prefix.setdefault(hit[1], []).append(hit[2])
    prefix = max(sorted(by_prefix), key=lambda one: len(by_prefix[one]), default="J")
    numbers = by_prefix.get(prefix, ["00"])
    width, last = max(map(len, numbers)), max(map(int, numbers))
    taken = set(used)
    while True:
        last += 1
        code = f"{prefix}{last:0{width}d}"
        if code not in taken:
            yield code


def new_name(village: tuple[str, str] | None, code: str, taken: set[str]) -> tuple[str, str]:
    """Return the Chinese and English name of a new beat: after the village most of its doors are in, else after its code.

    >>> new_name(("红寨村", "Hongzhai Village"), "J23", set())
    ('红寨警格', 'Hongzhai Beat')
    >>> new_name(("红寨村", "Hongzhai Village"), "J23", {"红寨警格"})
    ('红寨第二警格', 'Hongzhai Beat 2')
    >>> new_name(None, "J23", set())
    ('J23警格', 'Beat J23')
    """
    if village is not None and village[0]:
        zh = re.sub(r"(村|社区|居委会)$", "", village[0])
        en = re.sub(r" (Village|Community|Neighbourhood)$", "", village[1])
        if not any(name.startswith(zh) for name in taken):
            return f"{zh}警格", f"{en} Beat" if en else ""
        for n, word in enumerate("二三四五六七八九", start=2):
            if f"{zh}第{word}警格" not in taken:
                return f"{zh}第{word}警格", f"{en} Beat {n}" if en else ""
    return f"{code}警格", f"Beat {code}"
