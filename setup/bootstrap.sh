#!/bin/sh
# Put in place what gridmap needs, and say each step in one line. Nothing is done twice.
#
#   sh setup/bootstrap.sh run     to run gridmap:  Python packages, PostgreSQL with PostGIS, a Chinese font
#   sh setup/bootstrap.sh test    to test it too:  the tools, Chromium, a Chinese font, a second reader of QR codes
#   sh setup/bootstrap.sh bench   to measure it:   the peers besides
#
# As root or with sudo, Debian's packages are installed; with neither they are unpacked into gridmap's own
# folder. GRIDMAP_SETUP=system or =own decides it by hand. GRIDMAP_VENV moves the Python environment.
set -eu

goal=${1:-run}
case $goal in
    run | test | bench) ;;
    *) echo "usage: sh setup/bootstrap.sh run|test|bench" >&2; exit 2 ;;
esac

cd "$(dirname "$0")/.."
venv=${GRIDMAP_VENV:-.venv}
if [ "$(id -u)" = 0 ]; then
    own=/var/lib/gridmap
else
    own=${XDG_DATA_HOME:-${HOME:?gridmap needs HOME to be set}/.local/share}/gridmap
fi
log=$own/setup.log

. setup/say.sh
. setup/debian.sh
. setup/python.sh
. setup/postgis.sh
. setup/font.sh
. setup/browser.sh
. setup/zbar.sh

if ! mkdir -p "$own" || ! : >"$log"; then
    stop "$own cannot be written; free some space there, or set XDG_DATA_HOME to a folder of yours"
fi
if [ "$(id -u)" = 0 ]; then chmod 755 "$own"; fi # the database's own user passes here, whatever the umask

python_environment
python_packages "$goal"
compile_kernels &
compiling=$!
if [ "$goal" != run ] || [ -z "${GRIDMAP_DATABASE_URL:-}" ]; then
    postgis
fi
if [ "$goal" != run ]; then
    browser
    zbar
else
    font
fi
wait "$compiling" || true # what was not compiled now is compiled when it is first used
rm -rf "$own/apt"
