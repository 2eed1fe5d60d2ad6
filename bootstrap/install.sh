#!/usr/bin/env bash
# Installs Odoo 19, its Python environment and the MQTT broker under .odoo/; what runs is started elsewhere (tools/stack).
#
#   bootstrap/install.sh [--test]      --test adds the test requirements and Chromium
#   ODOO_SRC=/path                     uses that Odoo 19 (a source tree or a dist-packages folder) instead of Debian's package
#   PYTHON=/path/to/python3            the interpreter of the environment (3.10 to 3.13)
#
# Nothing is changed outside .odoo/, except that --test installs Debian's chromium and libatomic1 when they are missing.
# Safe to repeat: a step whose inputs have not changed is skipped. Logs: .odoo/log/.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
home=$root/.odoo
# shellcheck source=bootstrap/versions.env
. "$here/versions.env"
# shellcheck source=bootstrap/steps.sh
. "$here/steps.sh"
# shellcheck source=bootstrap/debian.sh
. "$here/debian.sh"
# shellcheck source=bootstrap/python.sh
. "$here/python.sh"

test_too=
case "${1:-}" in
  '') ;;
  --test) test_too=1 ;;
  *) sed -n '2,9p' "$0" >&2; exit 2 ;;
esac

mkdir -p "$home/log" "$home/stamps"
exec 9>"$home/install.lock"
flock 9    # two verbs of make may start at once; the second finds everything done
: >"$home/install.seconds"

# The environment and the Debian packages have nothing in common, so they are fetched at the same time.
in_background install_python
if [ -n "${ODOO_SRC:-}" ]; then
  step odoo "$ODOO_SRC" "Odoo from ODOO_SRC" use_existing_odoo
fi
install_debian
if [ -n "$test_too" ]; then install_browser; fi
wait_for_background
