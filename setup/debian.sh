# shellcheck shell=sh disable=SC2154
# Debian's packages: installed by root or sudo, or unpacked into a folder of our own without either.

# Set gridmap_how, once, to how packages come onto this machine: root, sudo, own (unpacked), none (no apt here).
decide_how() {
    if [ -n "${gridmap_how:-}" ]; then
        return
    elif ! command -v apt-get >/dev/null; then
        gridmap_how=none
    elif [ "${GRIDMAP_SETUP:-}" = own ]; then
        gridmap_how=own
    elif [ "$(id -u)" = 0 ]; then
        gridmap_how=root
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        gridmap_how=sudo
    elif [ "${GRIDMAP_SETUP:-}" = system ] || may_ask_for_sudo; then
        gridmap_how=sudo
    else
        gridmap_how=own
    fi
}

# Somebody is there to type the password, and sudo would take it.
may_ask_for_sudo() {
    [ -t 0 ] && [ -t 2 ] && command -v sudo >/dev/null &&
        id -nG | tr ' ' '\n' | grep -qxE 'sudo|admin|wheel' && sudo -v
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install PACKAGE...: with apt, as root. Waits for another apt to finish; keeps changed configuration files.
install_packages() {
    if [ -z "${apt_is_fresh:-}" ]; then
        quietly as_root apt-get -q -o DPkg::Lock::Timeout=120 update ||
            say "the lists of packages could not be refreshed; going on with those that are here"
        apt_is_fresh=yes
    fi
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
        -o Dpkg::Options::=--force-confold install --no-install-recommends "$@"
}

# unpack FOLDER ASSUMED PACKAGE...: what is missing here for PACKAGE..., unpacked into FOLDER, nothing installed.
# ASSUMED are packages we do not need though others depend on them; apt is told they are there.
unpack() {
    place=$1 assumed=$2
    shift 2
    own_apt_state "$assumed"
    refresh_own_apt || return 1
    rm -rf "$own/apt/cache/archives" "$place.half"
    mkdir -p "$own/apt/cache/archives/partial" "$place.half"
    quietly own_apt -y --no-install-recommends --download-only install "$@" || return 1
    for package in "$own"/apt/cache/archives/*.deb; do
        case ${package##*/} in
            # The system's own C library must stay the one its loader belongs to.
            libc6_* | libc-bin_*) continue ;;
        esac
        quietly dpkg -x "$package" "$place.half" || return 1
    done
    rm -rf "$place" "$own/apt/cache"
    mv "$place.half" "$place"
}

# apt with a state of our own: the same sources, keys and proxy as the system's, but our lists, locks and downloads.
own_apt() {
    apt-get -q -o Dir::State="$own/apt/state" -o Dir::State::status="$own/apt/status" \
        -o Dir::State::extended_states="$own/apt/extended_states" \
        -o Dir::Cache="$own/apt/cache" -o Dir::Log="$own/apt" -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}

refresh_own_apt() {
    if [ -z "${own_apt_is_fresh:-}" ]; then quietly own_apt update || return 1; fi
    own_apt_is_fresh=yes
}

own_apt_state() {
    mkdir -p "$own/apt/state/lists/partial" "$own/apt/cache/archives/partial"
    cat /var/lib/dpkg/status >"$own/apt/status" 2>/dev/null || : >"$own/apt/status"
    for name in $1; do
        if ! grep -qx "Package: $name" "$own/apt/status"; then
            printf '\nPackage: %s\nStatus: install ok installed\nArchitecture: %s\nVersion: 9999\nMulti-Arch: foreign\n' \
                "$name" "$(dpkg --print-architecture)" >>"$own/apt/status"
            printf 'Maintainer: none\nDescription: not needed by gridmap\n' >>"$own/apt/status"
        fi
    done
}
