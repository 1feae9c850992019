#!/bin/bash
# Installs the Debian packages of debian-packages.txt that are missing, and checks that Swift is there.
# Says what it does; does nothing when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")"

fail() {
  printf 'setup: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

read -r -d '' -a packages < <(sed 's/#.*//' debian-packages.txt) || true

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this is no Debian system, so the libraries cannot be installed for you" \
    "install what corresponds to: ${packages[*]}"
fi

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all Debian packages are installed"
else
  echo "setup: installing ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "installing packages needs root" "run 'make setup' as root"
    as_root=(sudo)
  fi
  # The package lists of a fresh machine are empty or old.
  "${as_root[@]}" apt-get update -q </dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    "${missing[@]}" </dev/null
fi

get_swift="install Swift 6.1 or newer: https://www.swift.org/install/linux/"
command -v swift >/dev/null || fail "Swift is missing" "$get_swift"
said=$(swift --version 2>&1) || fail "Swift does not run: $(head -n 1 <<<"$said")" "install what it needs"
version=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$said")
case $version in
  [0-5].* | 6.0 | '') fail "Swift ${version:-of an unknown version} is too old" "$get_swift" ;;
  *) echo "setup: Swift $version is installed" ;;
esac
