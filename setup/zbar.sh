# shellcheck shell=sh disable=SC2154
# zbar, a reader of QR codes that shares nothing with the one gridmap prints with: tests read every plate with both.

zbar() {
    if zbar_is_here; then return; fi
    decide_how
    case $gridmap_how in
        none) false ;;
        own)
            say "unpacking zbar, a second reader of QR codes, into $own/zbar (1 MB)"
            unpack "$own/zbar" "" libzbar0
            ;;
        *)
            say "installing zbar, a second reader of QR codes (1 MB)"
            install_packages libzbar0
            ;;
    esac || say "zbar could not be installed: plates are tested with one reader only"
}

zbar_is_here() {
    if [ -n "$(find "$own/zbar/usr/lib" -name 'libzbar.so.0' 2>/dev/null)" ]; then return; fi
    "$venv/bin/python" -c 'import ctypes; ctypes.CDLL("libzbar.so.0")' 2>/dev/null
}
