# shellcheck shell=sh disable=SC2154
# Chromium for the browser tests, with a font that has Chinese, reachable as $venv/bin/chromium.

browser_packages="chromium fonts-wqy-microhei libatomic1" # the last for Playwright's driver

browser() {
    if browser_is_here; then return; fi
    decide_how
    case $gridmap_how in
        none) stop "Chromium, a Chinese font or libatomic is missing; install them, or set GRIDMAP_CHROMIUM to a browser" ;;
        own) unpack_browser || stop "Chromium could not be fetched with apt; check apt's sources and the network" ;;
        *)
            say "installing Chromium and a Chinese font for the browser tests (about 100 MB)"
            # shellcheck disable=SC2086
            install_packages $browser_packages || stop "Chromium could not be installed with apt"
            ;;
    esac
    browser_is_here || stop "Chromium is in place but does not run; please report this with $log"
}

# Link Chromium where the tests look for it; fails if it, a Chinese font, or what Playwright needs is missing.
browser_is_here() {
    found=$(find_chromium) || return 1
    has_chinese_font || return 1
    if [ ! -e "$venv/bin/chromium" ] || [ "$(readlink "$venv/bin/chromium")" != "$found" ]; then
        "$found" --version >>"$log" 2>&1 || return 1
        ln -sf "$found" "$venv/bin/chromium"
    fi
    driver_runs
}

find_chromium() {
    if [ -n "${GRIDMAP_CHROMIUM:-}" ]; then
        echo "$GRIDMAP_CHROMIUM"
    elif [ -x "$own/browser/chromium" ]; then
        echo "$own/browser/chromium"
    else
        for place in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
            if [ -x "$place" ]; then echo "$place" && return; fi
        done
        return 1
    fi
}

# Playwright brings its own driver, which needs libatomic; where that is unpacked, the driver is told where.
driver_runs() {
    driver=$("$venv/bin/python" -c 'import pathlib, playwright
print(pathlib.Path(playwright.__file__).parent / "driver" / "node")') || return 1
    if "$driver" --version >>"$log" 2>&1; then return; fi
    if ! ls "$own"/browser/usr/lib/*/libatomic.so.1 >/dev/null 2>&1; then return 1; fi
    mv "$driver" "$driver.real"
    cat >"$driver" <<WRAP
#!/bin/sh
export LD_LIBRARY_PATH="$(browser_libraries)"
exec "$driver.real" "\$@"
WRAP
    chmod +x "$driver"
    "$driver" --version >>"$log" 2>&1
}

browser_libraries() {
    {
        find "$own/browser/usr/lib" "$own/browser/lib" -maxdepth 1 -type d -name '*-linux-gnu*' 2>/dev/null
        find "$own/browser/usr/lib" -mindepth 3 -maxdepth 3 -name 'lib*.so*' -exec dirname {} \; | sort -u
    } | paste -sd :
}

unpack_browser() {
    say "unpacking Chromium and a Chinese font into $own/browser (about 150 MB to fetch; no root needed)"
    # shellcheck disable=SC2086
    unpack "$own/browser" "debconf systemd dbus libllvm15" $browser_packages || return 1
    root=$own/browser
    mkdir -p "$root/fontcache"
    write_font_configuration >"$root/fonts.conf"
    cat >"$root/chromium" <<WRAP
#!/bin/sh
# Chromium from unpacked packages, with their libraries and fonts.
export LD_LIBRARY_PATH="$(browser_libraries)"
export FONTCONFIG_FILE="$root/fonts.conf"
export XDG_DATA_DIRS="$root/usr/share:/usr/share"
exec "$root/usr/lib/chromium/chromium" "\$@"
WRAP
    chmod +x "$root/chromium"
}

# The rules Debian switches on when it installs fontconfig; of all there are, others would undo them.
write_font_configuration() {
    echo '<?xml version="1.0"?>'
    echo '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
    echo "<fontconfig>"
    echo "  <dir>$root/usr/share/fonts</dir>"
    echo "  <dir>$own/font/usr/share/fonts</dir>"
    echo "  <dir>/usr/share/fonts</dir>"
    echo "  <cachedir>$root/fontcache</cachedir>"
    for rule in 10-hinting-slight 10-yes-antialias 11-lcdfilter-default 30-metric-aliases 40-nonlatin 45-generic \
        45-latin 49-sansserif 60-generic 60-latin 65-nonlatin 90-synthetic; do
        echo "  <include ignore_missing=\"yes\">$root/usr/share/fontconfig/conf.avail/$rule.conf</include>"
    done
    echo "</fontconfig>"
}
