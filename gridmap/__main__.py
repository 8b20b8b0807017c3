"""`python -m gridmap`."""

from gridmap.cli import main

main()
