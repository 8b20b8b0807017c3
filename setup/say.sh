# shellcheck shell=sh disable=SC2154
# One line for each step; what the programs themselves say goes to the log, and is shown only when they fail.

say() { echo "setup: $*"; }

stop() {
    echo "setup: $*" >&2
    exit 1
}

# quietly COMMAND...: run it; if it fails, show the end of what it said, and fail.
quietly() {
    printf '\n--- %s\n' "$*" >>"$log"
    if "$@" >>"$log" 2>&1 </dev/null; then
        return 0
    fi
    tail -n 15 "$log" | sed 's/^/    /' >&2
    say "that failed; all of it is in $log" >&2
    return 1
}
