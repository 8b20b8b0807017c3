#!/bin/sh
# Prove that a clean clone sets itself up on an empty Debian 12. Needs root and debootstrap; touches only its folder.
#
#   sh setup/fresh-debian.sh root|sudo|neither [COMMAND...]
#
# COMMAND (default: make setup) runs in a clone of this repository's HEAD, as root, as a user with sudo, or as a
# user without. GRIDMAP_FRESH is the folder (default /tmp/gridmap-fresh); the empty Debian in it is kept and used again,
# the system that COMMAND ran in too, until the next run of the same kind (GRIDMAP_FRESH_KEEP=1 goes on in it).
set -eu

kind=${1:?usage: sh setup/fresh-debian.sh root|sudo|neither [COMMAND...]}
shift
[ $# -gt 0 ] || set -- make setup
repository=$(cd "$(dirname "$0")/.." && pwd)
folder=${GRIDMAP_FRESH:-/tmp/gridmap-fresh}
base=$folder/debian12
system=$folder/$kind

if [ ! -e "$base/.done" ]; then
    rm -rf "$base"
    mkdir -p "$base"
    debootstrap --variant=minbase --include=python3,make,git,ca-certificates bookworm "$base" >"$folder/debootstrap.log" ||
        { tail -n 5 "$folder/debootstrap.log" >&2; exit 1; }
    touch "$base/.done"
fi

if [ -z "${GRIDMAP_FRESH_KEEP:-}" ] || [ ! -d "$system" ]; then
    rm -rf "$system"
    cp -a "$base" "$system"
    cp -L /etc/resolv.conf /etc/hosts "$system/etc/"
    # The machine's own certificates, proxy and mirrors, as a person's fresh Debian would be given by its office.
    cp -L /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"
    cp /etc/apt/apt.conf.d/*proxy* "$system/etc/apt/apt.conf.d/" 2>/dev/null || true
    user=root home=/root
    if [ "$kind" != root ]; then
        user=ada home=/home/ada
        chroot "$system" useradd --create-home --shell /bin/bash ada
    fi
    if [ "$kind" = sudo ]; then
        chroot "$system" sh -c 'apt-get -q update && apt-get -qy install --no-install-recommends sudo' >"$folder/sudo.log" 2>&1
        echo 'ada ALL=(ALL) NOPASSWD: ALL' >"$system/etc/sudoers.d/ada"
    fi
    git clone -q --no-hardlinks "$repository" "$system$home/gridmap"
    chroot "$system" chown -R "$user:" "$home/gridmap"
fi
if [ "$kind" = root ]; then user=root home=/root; else user=ada home=/home/ada; fi

# Names of the variables that say where this machine's registries are and whom to trust.
handed=$(env | grep -E '^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|PIP_CERT|PIP_INDEX_URL|SSL_CERT_FILE|UV_DEFAULT_INDEX|GRIDMAP_SETUP)=' || true)

began=$(date +%s)
status=0
# A mount and process space of its own: nothing stays mounted, and what COMMAND started ends with it.
# shellcheck disable=SC2016,SC2086
unshare --mount --pid --fork sh -c '
    system=$1 user=$2 home=$3
    shift 3
    mount -t proc proc "$system/proc"
    mount --rbind /dev "$system/dev"
    mount -t tmpfs -o size=4g tmpfs "$system/tmp" && chmod 1777 "$system/tmp"
    exec chroot "$system" setpriv --reuid="$user" --regid="$(chroot "$system" id -g "$user")" --init-groups \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" USER="$user" LANG=C.UTF-8 \
        "$@"
' sh "$system" "$user" "$home" $handed sh -c 'cd ~/gridmap && "$@"' sh "$@" || status=$?
echo "fresh Debian 12, $kind: ended with $status after $(($(date +%s) - began)) s"
exit "$status"
