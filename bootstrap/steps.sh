# shellcheck shell=bash disable=SC2154  # $home, $here and $root are set by install.sh
# Runs a named step once per key, times it, and reports it; knows nothing of what a step does. Sourced by install.sh.

# step NAME KEY TITLE COMMAND...: skipped when it last succeeded with the same KEY; output goes to .odoo/log/NAME.log.
step() {
  local name=$1 key=$2 title=$3 began=$SECONDS
  shift 3
  if [ "$(cat "$home/stamps/$name" 2>/dev/null)" = "$key" ]; then return 0; fi
  rm -f "$home/stamps/$name"
  # A subshell of its own keeps "set -e" alive: in the condition of an "if" bash would ignore it.
  set +e
  (set -euo pipefail; "$@") </dev/null >"$home/log/$name.log" 2>&1
  local status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf 'install: "%s" failed; the end of %s:\n' "$title" ".odoo/log/$name.log" >&2
    tail -n 25 "$home/log/$name.log" >&2
    return "$status"
  fi
  printf '%s' "$key" >"$home/stamps/$name"
  printf '%4d s  %s\n' "$((SECONDS - began))" "$title"
  printf '%d\t%s\n' "$((SECONDS - began))" "$title" >>"$home/install.seconds"    # the demo adds these to its own figures
}

# key FILE_OR_WORD...: a short hash of files' contents and of words, for use as a step's key.
key() {
  local item
  for item in "$@"; do if [ -f "$item" ]; then cat "$item"; else echo "$item"; fi; done | sha256sum | cut -c1-16
}

background_pid=
in_background() {
  (set -euo pipefail; "$@") 9>&- &
  background_pid=$!
  # When the foreground fails, the other half must not go on downloading.
  trap 'kill "$background_pid" 2>/dev/null || true' EXIT
}

wait_for_background() {
  wait "$background_pid"
  trap - EXIT
}
