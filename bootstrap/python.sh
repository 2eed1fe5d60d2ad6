# shellcheck shell=bash disable=SC2154  # $home, $here and $root are set by install.sh
# Makes the Python environment .odoo/venv from the pinned requirements. Sourced by install.sh.

install_python() {
  local python=${PYTHON:-python3} pins
  pins=$(key "$here/versions.env" "$here/constraints.txt" "$here/requirements-odoo.txt" "$root/requirements.txt" "$root/requirements-demo.txt")
  step venv "$("$python" -c 'import sys; print(sys.executable, sys.version)')" "Python environment, empty" make_environment "$python"
  step requirements "$pins" "Python environment: Odoo's requirements and ours" \
    pip_install -r "$here/requirements-odoo.txt" -r "$root/requirements-demo.txt"
  if [ -n "$test_too" ]; then
    step requirements-test "$pins $(key "$root/requirements-dev.txt")" "Python environment: test and lint tools" \
      pip_install -r "$root/requirements-dev.txt"
  fi
}

make_environment() {
  local python=$1
  "$python" - "$PYTHON_MIN" "$PYTHON_BELOW" <<'PY'
import sys
low, high = (tuple(map(int, text.split("."))) for text in sys.argv[1:])
if not low <= sys.version_info[:2] < high:
    sys.exit("Odoo 19 needs Python %s to below %s; this is %s. Set PYTHON=/path/to/python3." % (*sys.argv[1:], sys.version.split()[0]))
PY
  rm -rf "$home/venv" "$home"/stamps/requirements*
  "$python" -m venv "$home/venv"
  # Two of Odoo's requirements have a setup.py only; with these present pip needs no isolated build of each.
  "$home/venv/bin/python" -m pip install -q "setuptools==$PIP_SETUPTOOLS" "wheel==$PIP_WHEEL"
}

pip_install() {
  "$home/venv/bin/python" -m pip install -q --disable-pip-version-check --no-build-isolation -c "$here/constraints.txt" "$@"
}
