"""gridmap: beats, grid cells, doors and the people who answer for them."""

__version__ = "0.1.0"
