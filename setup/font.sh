# shellcheck shell=sh disable=SC2154
# A font with Chinese that can be put inside a PDF: printed sheets need it, pages use the reader's own.

font() {
    if has_chinese_font; then return; fi
    decide_how
    case $gridmap_how in
        none) false ;;
        own)
            say "unpacking a Chinese font for printed sheets into $own/font (2 MB)"
            unpack "$own/font" "" fonts-wqy-microhei
            ;;
        *)
            say "installing a Chinese font for printed sheets (2 MB)"
            install_packages fonts-wqy-microhei
            ;;
    esac || say "no Chinese font could be installed: sheets will name one that readers bring along; set GRIDMAP_FONT to a .ttf"
}

has_chinese_font() {
    find "$own/font/usr/share/fonts" "$own/browser/usr/share/fonts" /usr/share/fonts /usr/local/share/fonts \
        "${HOME:-/}/.local/share/fonts" "${HOME:-/}/.fonts" -type f 2>/dev/null |
        grep -qiE 'wqy|cjk|sourcehan|droidsansfallback|uming|ukai|pingfang|simsun|msyh'
}
