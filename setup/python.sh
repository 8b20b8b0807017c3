# shellcheck shell=sh disable=SC2154
# The Python environment and its packages, every one of them locked by its hash.

python_environment() {
    if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null; then
        return
    fi
    python=$(find_python) || stop "Python 3.11 or later was not found; install it (Debian: apt-get install python3)"
    say "making the Python environment in $venv with $python"
    if [ -e "$venv/pyvenv.cfg" ]; then rm -rf "$venv"; fi
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        decide_how
        case $gridmap_how in
            root | sudo)
                say "installing python3-venv"
                install_packages python3-venv || say "python3-venv could not be installed; going on without"
                ;;
        esac
    fi
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        quietly "$python" -m venv "$venv" || stop "the Python environment could not be made in $venv"
    else
        quietly "$python" -m venv --without-pip "$venv" || stop "the Python environment could not be made in $venv"
    fi
}

find_python() {
    for name in ${PYTHON:-python3} python3.11 python3.12 python3.13 python3.14; do
        if "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# Install the locked packages and the project itself, unless exactly these are there. The list for measuring
# holds the one for tests, and that the one for running.
python_packages() {
    wanted=$(cat requirements/*.txt pyproject.toml | sha256sum)
    case $1 in run) enough="bench test run" ;; test) enough="bench test" ;; *) enough=bench ;; esac
    for done_for in $enough; do
        if [ "$(cat "$venv/gridmap-$done_for.stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
    done
    find_pip
    # shellcheck disable=SC2046
    eval "$($pip_command config list 2>>"$log" | "$venv/bin/python" setup/pip_settings.py)"
    say "installing uv, which installs the rest"
    # shellcheck disable=SC2086
    quietly $pip_command install --quiet --require-hashes --no-deps -r requirements/bootstrap.txt ||
        stop "the package index was not reached; check the network and pip's configuration (pip config list)"
    case $1 in run) list=requirements/run.txt ;; test) list=requirements/dev.txt ;; *) list=requirements/bench.txt ;; esac
    say "installing the Python packages of $list"
    # shellcheck disable=SC2086
    quietly "$venv/bin/uv" pip install --python "$venv/bin/python" --require-hashes -r "$list" || {
        say "uv did not manage; trying pip, which is slower"
        quietly $pip_command install --require-hashes -r "$list" || stop "the Python packages could not be installed"
    }
    quietly "$venv/bin/uv" pip install --python "$venv/bin/python" --no-deps --no-build-isolation -e . ||
        stop "gridmap itself could not be installed into $venv"
    echo "$wanted" >"$venv/gridmap-$1.stamp"
}

# Compile what is compiled, once, while other things are fetched; the machine code is kept beside the sources.
compile_kernels() {
    sources=$(cat gridmap/geo/*.py | sha256sum)
    if [ "$(cat "$venv/gridmap-compiled.stamp" 2>/dev/null)" = "$sources" ]; then return; fi
    say "compiling the geometry kernels"
    find gridmap/geo/__pycache__ -name '*.nb[ic]' -delete 2>/dev/null || true # a kept kernel does not see its helpers change
    if "$venv/bin/python" -c "from gridmap.geo import warm; warm.compile_kernels()" >>"$log" 2>&1; then
        echo "$sources" >"$venv/gridmap-compiled.stamp"
    fi
}

# Set pip_command: the environment's own pip, or the wheel that Debian packs for making environments.
find_pip() {
    pip_command="$venv/bin/python -m pip --disable-pip-version-check"
    if $pip_command --version >/dev/null 2>&1; then return; fi
    if "$venv/bin/python" -m ensurepip >>"$log" 2>&1; then return; fi
    if ! ls "$own"/pip/usr/share/python-wheels/pip-*.whl >/dev/null 2>&1; then
        decide_how
        [ "$gridmap_how" != none ] || stop "this Python has no pip (ensurepip); install it and run this again"
        say "unpacking pip, as this Python has none and nothing may be installed here"
        unpack "$own/pip" "ca-certificates" python3-pip-whl || stop "pip could not be fetched with apt"
    fi
    pip_command="$venv/bin/python $(ls "$own"/pip/usr/share/python-wheels/pip-*.whl)/pip --disable-pip-version-check"
}
