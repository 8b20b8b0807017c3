"""The set-up: what can be proved without a network. `setup/fresh-debian.sh` proves the rest on an empty Debian."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "setup").glob("*.sh"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def sh(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `script` after the set-up's functions, with its folders in `folder`; PATH may be narrowed."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    lines = [f"own={folder}/own venv={folder}/venv log={folder}/log", "mkdir -p $own", ': >"$log"', "set -eu"]
    lines += [f". setup/{name}.sh" for name in ("say", "debian", "python", "postgis", "browser")]
    shell = shutil.which("sh") or "/bin/sh"
    return subprocess.run(
        [shell, "-c", "\n".join([*lines, script])],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, text: str) -> None:
    """Put a program of ours before the system's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_one_a_plain_sh_can_read(script):
    answer = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_locked_to_a_version_and_its_hashes(lock):
    entries = re.split(r"(?<!\\)\n", lock.read_text("utf-8").replace("\\\n", "\\ "))
    packages = [entry for entry in entries if entry.strip() and not entry.startswith(("#", " "))]
    assert packages
    assert [entry for entry in packages if not re.match(r"[a-z0-9._-]+(\[\w+\])?==\S+ ", entry)] == []
    assert [entry for entry in packages if "--hash=sha256:" not in entry] == []


def test_the_set_up_names_no_host_but_takes_the_machines_own():
    texts = {
        path: path.read_text("utf-8") for path in [*SCRIPTS, ROOT / "Makefile", *LOCKS, ROOT / "setup/pip_settings.py"]
    }
    assert [path.name for path, text in texts.items() if re.search(r"https?://(?!127\.0\.0\.1)", text)] == []


def test_make_alone_lists_every_target():
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony
    assert [target for target in phony[1].split() if not re.search(rf"^  make {target} ", said, re.MULTILINE)] == []


@pytest.mark.parametrize("status", [0, 2])
def test_ci_ends_as_make_test_ends(tmp_path, status):
    program(tmp_path, "make", f'test "$1" = test && exit {status}')
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(["bash", ".ci/run"], cwd=ROOT, env=environment, check=False).returncode == status


def test_the_mirrors_and_certificate_of_pip_are_handed_to_uv():
    configured = (
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='\\nhttps://a.example/simple\\nhttps://b.example/simple'\n"
        ":env:.cert='/etc/office ca.pem'\n"
        "global.find-links='/nowhere/wheels'\n"
        "global.timeout='60'\n"
    )
    answer = subprocess.run(
        [sys.executable, ROOT / "setup/pip_settings.py"],
        input=configured,
        env={"UV_INDEX_STRATEGY": "first-index"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.splitlines() == [
        "export UV_DEFAULT_INDEX=https://mirror.example/simple",
        "export UV_INDEX='https://a.example/simple https://b.example/simple'",
        "export SSL_CERT_FILE='/etc/office ca.pem'",
    ]


def test_a_failing_step_shows_the_end_of_what_it_said(tmp_path):
    answer = sh("quietly sh -c 'echo the disk is on fire; exit 1' || stop 'no luck'", tmp_path)
    assert answer.returncode == 1
    assert "    the disk is on fire" in answer.stderr
    assert answer.stderr.endswith("setup: no luck\n")


@pytest.fixture
def without_postgis(tmp_path: Path) -> Path:
    """Return a folder whose Python finds no PostGIS, on a machine of few programs."""
    program(tmp_path / "venv/bin", "python", "exit 1")
    for name in ("sh", "sed", "tail", "grep", "cat", "mkdir", "rm", "id", "dirname", "head", "tr"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def test_where_there_is_no_apt_the_sentence_names_both_ways_out(without_postgis):
    answer = sh("postgis", without_postgis, PATH=f"{without_postgis}/bin")
    assert answer.returncode == 1
    assert "this system has no apt; install PostgreSQL 13+ with PostGIS 3.3+" in answer.stderr
    assert "or set GRIDMAP_DATABASE_URL" in answer.stderr


def test_without_a_network_the_sentence_says_what_to_check(without_postgis):
    program(without_postgis / "bin", "apt-get", "echo 'Temporary failure resolving' >&2; exit 100")
    answer = sh("postgis", without_postgis, PATH=f"{without_postgis}/bin", GRIDMAP_SETUP="own")
    assert answer.returncode == 1
    assert "    Temporary failure resolving" in answer.stderr
    assert answer.stderr.endswith("PostGIS could not be fetched with apt; check apt's sources and the network\n")


def test_apt_is_told_that_packages_we_do_without_are_there_once(tmp_path):
    program(tmp_path / "bin", "dpkg", "echo amd64")
    script = "own_apt_state 'libnothing1 base-files'; cat $own/apt/status"
    status = sh(script, tmp_path, PATH=f"{tmp_path}/bin:{os.environ['PATH']}").stdout
    assert status.count("Package: libnothing1\nStatus: install ok installed\nArchitecture: amd64\n") == 1
    if Path("/var/lib/dpkg/status").exists():
        assert len(re.findall(r"^Package: base-files$", status, re.MULTILINE)) == 1


def test_a_second_set_up_has_nothing_to_say_or_do():
    venv = Path(os.environ.get("GRIDMAP_VENV", ROOT / ".venv"))
    lists = [ROOT / "requirements" / f"{name}.txt" for name in ("bootstrap", "run", "dev")]
    now = hashlib.sha256(b"".join(path.read_bytes() for path in [*lists, ROOT / "pyproject.toml"])).hexdigest()
    stamps = [venv / f"gridmap-{goal}.stamp" for goal in ("test", "run")]
    if not any(stamp.exists() and stamp.read_text().startswith(now) for stamp in stamps):
        pytest.skip("this environment was not made by `make setup` from this pyproject.toml")
    answer = subprocess.run(
        ["sh", "setup/bootstrap.sh", "run"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
