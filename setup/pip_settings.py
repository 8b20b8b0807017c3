# ruff: noqa: INP001, T201 -- a script of the set-up, whose output the shell reads
"""Read `pip config list` and print the same settings for uv, as lines for a shell: mirrors, certificate, trusted hosts.

What is set for uv already stays. All packages are checked against locked hashes, so it does no harm that uv may
take each from any of the indexes, as pip does.
"""

from __future__ import annotations

import ast
import os
import shlex
import sys
from pathlib import Path

SEVERAL = {"extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS", "trusted-host": "UV_INSECURE_HOST"}
SINGLE = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"}


def main() -> None:
    """Print one `export` for each of pip's settings that uv needs too."""
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for line in sys.stdin:
        name, _, written = line.strip().partition("=")
        option = name.rpartition(".")[2]
        try:
            value = str(ast.literal_eval(written))
        except (SyntaxError, ValueError):
            continue
        if option in SINGLE:
            found[SINGLE[option]] = value
        elif option in SEVERAL:
            variable = SEVERAL[option]
            values = [one for one in value.split() if option != "find-links" or "://" in one or Path(one).exists()]
            comma = "," if option == "find-links" else " "
            found[variable] = comma.join(filter(None, [found.get(variable, ""), *values]))
    for variable, value in found.items():
        if value and variable not in os.environ:
            print(f"export {variable}={shlex.quote(value)}")


main()
