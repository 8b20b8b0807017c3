# shellcheck shell=sh disable=SC2154
# Chromium for the browser tests, with a font that has Chinese, reachable as $venv/bin/chromium.

browser() {
    if [ -x "$venv/bin/chromium" ] && [ -e "$venv/bin/chromium" ]; then return; fi
    found=$(find_chromium) || found=
    if [ -z "$found" ] || ! has_chinese_font; then
        decide_how
        case $gridmap_how in
            none) [ -n "$found" ] || stop "Chromium is missing; install it, or set GRIDMAP_CHROMIUM to a Chrome or Chromium" ;;
            own) unpack_browser || stop "Chromium could not be fetched with apt; check apt's sources and the network" ;;
            *)
                say "installing Chromium and a Chinese font for the browser tests (about 100 MB)"
                install_packages chromium fonts-wqy-microhei || stop "Chromium could not be installed with apt"
                ;;
        esac
        found=$(find_chromium)
    fi
    ln -sf "$found" "$venv/bin/chromium"
}

find_chromium() {
    if [ -n "${GRIDMAP_CHROMIUM:-}" ]; then
        echo "$GRIDMAP_CHROMIUM"
    elif [ -x "$own/browser/chromium" ]; then
        echo "$own/browser/chromium"
    else
        command -v chromium || command -v chromium-browser || command -v google-chrome
    fi
}

has_chinese_font() {
    [ -d "$own/browser/usr/share/fonts" ] ||
        find /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.local/share/fonts" "${HOME:-/}/.fonts" -type f 2>/dev/null |
        grep -qiE 'wqy|noto.*cjk|cjk|sourcehan|droidsansfallback|uming|ukai|pingfang|simsun|msyh'
}

unpack_browser() {
    say "unpacking Chromium and a Chinese font into $own/browser (about 150 MB to fetch; no root needed)"
    unpack "$own/browser" "debconf systemd dbus" chromium fonts-wqy-microhei || return 1
    root=$own/browser
    libraries=$(find "$root/usr/lib" "$root/lib" -maxdepth 1 -type d -name '*-linux-gnu*' 2>/dev/null | tr '\n' ':')
    libraries=$libraries$(find "$root/usr/lib" -mindepth 2 -maxdepth 3 -type f -name 'lib*.so.*' -exec dirname {} \; | sort -u | tr '\n' ':')
    mkdir -p "$root/fontcache"
    cat >"$root/fonts.conf" <<CONF
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>$root/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>$root/fontcache</cachedir>
  <include ignore_missing="yes">$root/usr/share/fontconfig/conf.avail</include>
</fontconfig>
CONF
    cat >"$root/chromium" <<WRAP
#!/bin/sh
# Chromium from unpacked packages, with their libraries and fonts.
export LD_LIBRARY_PATH="$libraries"
export FONTCONFIG_FILE="$root/fonts.conf"
export XDG_DATA_DIRS="$root/usr/share:/usr/share"
exec "$root/usr/lib/chromium/chromium" "\$@"
WRAP
    chmod +x "$root/chromium"
}
