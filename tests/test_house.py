"""Rules of the house that no linter knows."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import click
import pytest

import gridmap
from gridmap.cli import COMMANDS, group
from gridmap.errors import GridmapError
from gridmap.settings import Settings

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "gridmap").rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def modules() -> list[str]:
    """Return the name of every module of gridmap that can be imported by itself."""
    found = pkgutil.walk_packages(gridmap.__path__, "gridmap.")
    return [one.name for one in found if "migrations" not in one.name and not one.name.endswith("__main__")]


def errors() -> list[type[GridmapError]]:
    """Return every error gridmap raises on purpose, the kinds left out."""
    for name in modules():
        importlib.import_module(name)
    found, waiting = [], [GridmapError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        waiting += kinds
        found += [one for one in kinds if one.__module__ != "gridmap.errors"]
    return found


def commands() -> list[tuple[str, click.Command]]:
    """Return every command with its whole name, groups opened."""
    found = []
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", command.commands[sub]) for sub in command.commands]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_thing(path):
    limit = 460 if "versions" in path.parts else 400  # a migration is read once, from top to bottom
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is(path):
    text = path.read_text(encoding="utf-8").lstrip()
    assert text.startswith(('"""', 'r"""')), "no module docstring"


def test_every_error_has_a_slug_and_a_title_of_its_own():
    slugs = [one.slug for one in errors()]
    assert len(slugs) > 10
    assert sorted(slugs) == sorted(set(slugs))
    kinds = {one.slug for one in GridmapError.__subclasses__() if one.__module__ == "gridmap.errors"} | {
        GridmapError.slug
    }
    assert not kinds & set(slugs)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)


def test_every_setting_is_in_the_readme_with_a_default_that_is_safe():
    Settings(_env_file=None)  # every setting has a default
    for name, field in Settings.model_fields.items():
        assert f"`GRIDMAP_{name.upper()}`" in README, name
        assert field.description, name


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_is_in_the_readme_and_explains_itself(name, command):
    assert f"gridmap {name.split()[0]}" in README
    assert name.split()[-1] in README
    assert command.help
    assert len(command.help) > 15
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"


def test_nobody_below_the_edge_commits():
    edge = {"cli", "http", "app.py"}
    for path in SOURCES:
        inside = path.relative_to(ROOT / "gridmap").parts
        if inside[0] in edge or "migrations" in inside:
            continue
        assert not re.search(r"\bsession\.(commit|rollback)\(\)", path.read_text(encoding="utf-8")), path


def test_nothing_names_an_outside_host_or_a_path_of_one_machine():
    hosts = re.compile(r"(cdn\.|jsdelivr|unpkg|cdnjs|googleapis|tile\.openstreetmap|/home/[a-z]+/)")
    for path in [
        *SOURCES,
        *(ROOT / "gridmap").rglob("*.js"),
        *(ROOT / "gridmap").rglob("*.html"),
        *(ROOT / "gridmap").rglob("*.css"),
    ]:
        found = hosts.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path}: {found}"
