# shellcheck shell=bash disable=SC2154  # $home, $here and $root are set by install.sh
# Fetches Debian packages into .odoo/ without installing them: Odoo 19, its web assets, Mosquitto. Sourced by install.sh.
#
# Facts: odoo-19 is in Debian's sid only. Its web assets are links into other packages; in sid font-awesome and inconsolata
# no longer hold the files, so the assets come from the machine's own suite, and only fonts-montserrat from sid.

ASSETS="libjs-jquery libjs-jquery-form libjs-underscore fonts-font-awesome fonts-roboto-unhinted fonts-inconsolata fonts-ocr-b"

install_debian() {
  local want=
  if [ -z "${ODOO_SRC:-}" ]; then want=odoo; fi
  if ! find_mosquitto >/dev/null; then want="$want broker"; fi
  if [ -z "$want" ]; then
    step broker system "Mosquitto found on this machine" note_mosquitto
    return
  fi
  local suite pins
  # shellcheck disable=SC1091
  suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  pins=$(key "$here/versions.env" "$ASSETS" "$suite" "$want")
  if [ "$(cat "$home/stamps/debian" 2>/dev/null)" = "$pins" ]; then return; fi
  command -v apt-get >/dev/null || fail_without_apt
  step index "$pins" "Debian package index (private list)" make_private_index "$suite"
  case "$want" in *odoo*) step odoo "$pins" "Odoo 19, unpacked with its web assets" unpack_odoo "$suite" ;; esac
  case "$want" in *broker*) step broker "$pins" "Mosquitto, unpacked with its libraries" unpack_mosquitto ;;
                  *) step broker system "Mosquitto found on this machine" note_mosquitto ;; esac
  rm -rf "$home/apt"
  printf '%s' "$pins" >"$home/stamps/debian"
}

fail_without_apt() {
  echo "install: this machine has no apt-get. Set ODOO_SRC=/path/to/odoo-19 and install mosquitto, or use compose.yaml." >&2
  exit 1
}

# apt-get with lists, cache and sources of its own; the machine's are only read for the mirror's address.
private_apt() {
  local command=apt-get
  if [ "${1:-}" = --cache ]; then command=apt-cache; shift; fi
  "$command" -o Dir::State::Lists="$home/apt/lists" -o Dir::Cache="$home/apt/cache" \
    -o Dir::Etc::sourcelist="$home/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Default-Release="$(cat "$home/apt/suite")" -o APT::Sandbox::User=root -o APT::Install-Recommends=false \
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 "$@"
  # Check-Valid-Until: a mirror frozen for more than a week would be refused as expired. Signatures are checked all the same.
}

make_private_index() {
  local suite=$1 mirror keyring
  # shellcheck disable=SC2016 # apt's own variable
  mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -m1 '/debian/\?$' || true)
  if [ -z "$mirror" ] || [ -z "$suite" ]; then
    echo "No Debian mirror in this machine's apt sources. Set ODOO_SRC=/path/to/odoo-19, or use compose.yaml."
    return 1
  fi
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  # trixie ships the same keys under a new name
  if [ ! -e "$keyring" ]; then keyring=/usr/share/keyrings/debian-archive-keyring.pgp; fi
  rm -rf "$home/apt"
  mkdir -p "$home/apt/lists/partial" "$home/apt/cache/archives/partial" "$home/apt/debs"
  echo "$suite" >"$home/apt/suite"
  printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" "$keyring" "$mirror" "$ODOO_SUITE" \
    >"$home/apt/sources.list"
  private_apt update
}

download() {
  mkdir -p "$home/apt/debs/$1"
  (cd "$home/apt/debs/$1" && shift && private_apt download "$@")
}

unpack_odoo() {
  local suite=$1 prefix=$home/odoo deb version sha256 package
  local assets=()
  for package in $ASSETS; do assets+=("$package/$suite"); done
  download odoo "odoo-19/$ODOO_SUITE"
  download assets "${assets[@]}" "fonts-montserrat/$ODOO_SUITE"
  deb=$(echo "$home"/apt/debs/odoo/odoo-19_*.deb)
  version=$(dpkg-deb -f "$deb" Version)
  sha256=$(sha256sum "$deb" | cut -d' ' -f1)
  case "$version" in
    "$ODOO_SERIES".*) ;;
    *) echo "The mirror offers odoo-19 $version, which is not of the series $ODOO_SERIES."; return 1 ;;
  esac
  rm -rf "$prefix"
  mkdir -p "$prefix"
  for deb in "$deb" "$home"/apt/debs/assets/*.deb; do dpkg-deb -x "$deb" "$prefix"; done
  finish_odoo "$prefix/usr/lib/python3/dist-packages" "$prefix"
  record_odoo "$version" "$sha256" "$prefix/usr/lib/python3/dist-packages"
}

# The package leaves out a library for video calls; the browser's error about it would fail every tour of Odoo's tests.
finish_odoo() {
  local video=$1/odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js
  mkdir -p "$(dirname "$video")"
  if [ ! -e "$video" ]; then : >"$video"; fi
  local broken
  broken=$(find "$2" -xtype l)
  if [ -n "$broken" ]; then printf 'Links without a target:\n%s\n' "$broken"; return 1; fi
}

# record_odoo VERSION SHA256 FOLDER: which Odoo this installation runs, for bug reports and for the template databases.
record_odoo() {
  printf '%s\n' "$3" >"$home/odoo.path"
  printf 'version=%s\nsha256=%s\n' "$1" "$2" >"$home/odoo.txt"
  if [ "$2" != "$ODOO_VERIFIED_SHA256" ]; then
    echo "verified=no (this suite was last verified with $ODOO_VERIFIED_VERSION)" >>"$home/odoo.txt"
  fi
}

use_existing_odoo() {
  local source
  source=$(cd "$ODOO_SRC" && pwd)
  if ! grep -q "version_info = (19, 0," "$source/odoo/release.py"; then
    echo "ODOO_SRC=$source holds no odoo/release.py of Odoo 19.0."
    return 1
  fi
  rm -f "$home/stamps/debian"    # so that a later run without ODOO_SRC unpacks the package again
  record_odoo "source" "$(sha256sum "$source/odoo/release.py" | cut -d' ' -f1)" "$source"
}

find_mosquitto() {
  PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mosquitto
}

note_mosquitto() {
  find_mosquitto >"$home/mosquitto.path"
  rm -rf "$home/broker"
}

# Unpacked, not installed: apt would need root and start a broker of its own on this machine.
unpack_mosquitto() {
  local packages deb
  packages=$(private_apt -qq --print-uris install mosquitto | sed -n "s/^'[^']*' \([^_]*\)_.*/\1/p")
  # shellcheck disable=SC2086 # one word per package
  download broker $packages
  rm -rf "$home/broker"
  mkdir -p "$home/broker"
  for deb in "$home"/apt/debs/broker/*.deb; do dpkg-deb -x "$deb" "$home/broker"; done
  # Its libraries lie beside it, so it is started by a script of three lines.
  # shellcheck disable=SC2016 # for that script to expand
  printf '#!/bin/sh\nLD_LIBRARY_PATH=$(echo "%s"/usr/lib/*-linux-*) exec "%s/usr/sbin/mosquitto" "$@"\n' "$home/broker" "$home/broker" \
    >"$home/broker/mosquitto"
  chmod +x "$home/broker/mosquitto"
  printf '%s\n' "$home/broker/mosquitto" >"$home/mosquitto.path"
}

install_browser() {
  if has_browser && has_driver_library; then return; fi
  step chromium "$(key chromium libatomic1)" "Chromium, for the browser tests" apt_install_browser
}

has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

# The program with which Playwright drives the browser needs it; a minimal Debian does not have it.
has_driver_library() { PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q 'libatomic\.so\.1'; }

apt_install_browser() {
  local as_root=
  if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get -q update
  $as_root apt-get -q -y install --no-install-recommends chromium fonts-dejavu-core libatomic1
}
