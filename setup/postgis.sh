# shellcheck shell=sh disable=SC2154
# PostgreSQL with PostGIS: found, installed, or unpacked into gridmap's own folder.

# What PostGIS's packages depend on and a private cluster does without: raster formats, 3D solids, the
# compiler of queries, Debian's own cluster management. A third of the packages is left.
postgis_assumed="libgdal32 libgdal34t64 libgdal36 libsfcgal1 libsfcgal1t64 libsfcgal2 libllvm14 libllvm16 libllvm17t64
    libllvm19 perl locales postgresql-common postgresql-client-common postgresql-common-dev ssl-cert debconf"

postgis() {
    if postgis_is_here; then return; fi
    decide_how
    case $gridmap_how in
        none) stop "PostgreSQL with PostGIS is missing and this system has no apt; install PostgreSQL 13+ with PostGIS" \
            "3.3+ (Homebrew: brew install postgis), or set GRIDMAP_DATABASE_URL to a server that has them" ;;
        own) unpack_postgis || stop "PostGIS could not be fetched with apt; check apt's sources and the network" ;;
        *) install_postgis || stop "PostGIS could not be installed with apt; check apt's sources and the network" ;;
    esac
    postgis_is_here || stop "PostGIS is in place but not found by gridmap; please report this with $log"
}

postgis_is_here() {
    "$venv/bin/python" -c 'from gridmap.store import cluster_binaries, cluster_folder
cluster_binaries.find_binaries(cluster_folder.own_packages())' 2>>"$log"
}

install_postgis() {
    version=$(postgres_version apt-cache)
    say "installing PostgreSQL $version with PostGIS (about 120 MB)"
    # Debian's packages would start a server on port 5432; gridmap makes its own, on no port.
    if [ ! -e /etc/postgresql-common/createcluster.conf ] && [ ! -d /usr/share/postgresql-common ]; then
        as_root mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    install_packages "postgresql-$version" "postgresql-$version-postgis-3"
}

unpack_postgis() {
    say "unpacking PostgreSQL with PostGIS into $own/postgis (about 45 MB to fetch; no root needed)"
    own_apt_state ""
    refresh_own_apt || return 1
    version=$(postgres_version own_apt_cache)
    unpack "$own/postgis" "$postgis_assumed" "postgresql-$version" "postgresql-$version-postgis-3" || return 1
    # Debian makes this name when it installs the package.
    extension=$own/postgis/usr/share/postgresql/$version/extension
    if [ ! -e "$extension/postgis.control" ]; then cp "$extension/postgis-3.control" "$extension/postgis.control"; fi
    rm -rf "$own/postgis/usr/lib/postgresql/$version/lib/bitcode" # only for the compiler of queries
}

own_apt_cache() {
    apt-cache -o Dir::State="$own/apt/state" -o Dir::State::status="$own/apt/status" -o Dir::Cache="$own/apt/cache" "$@"
}

# postgres_version APT_CACHE: the version this Debian (or Ubuntu) ships.
postgres_version() {
    found=$("$1" show postgresql 2>/dev/null | sed -n 's/^Depends:.*postgresql-\([0-9][0-9]*\).*/\1/p' | head -n 1)
    echo "${found:-15}"
}
