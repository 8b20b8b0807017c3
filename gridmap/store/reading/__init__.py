"""Reading the files people have: what a file is, is it whole, is it safe; then blocks of rows, never all at once."""

from gridmap.store.reading.faults import Bomb, Encrypted, FileGone, LayerUnclear, NoSystem, NotWhatItClaims, Truncated
from gridmap.store.reading.opening import layers_in, open_source
from gridmap.store.reading.placing import Placing, placing_for
from gridmap.store.reading.source import BLOCK_ROWS, Block, Source

__all__ = [
    "BLOCK_ROWS",
    "Block",
    "Bomb",
    "Encrypted",
    "FileGone",
    "LayerUnclear",
    "NoSystem",
    "NotWhatItClaims",
    "Placing",
    "Source",
    "Truncated",
    "layers_in",
    "open_source",
    "placing_for",
]
