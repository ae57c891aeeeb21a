#!/bin/sh
# Installs snac2 from Debian's backports, through the mirror this machine's apt already uses. Ends with 0 when `snac` is there,
# 3 when this machine cannot have it (not Debian, not root, no backports): the tests then skip with that reason.
set -u
command -v snac >/dev/null 2>&1 && exit 0
[ "$(id -u)" = 0 ] || { echo 'snac2: not root, cannot install' >&2; exit 3; }
command -v apt-get >/dev/null 2>&1 || { echo 'snac2: no apt here' >&2; exit 3; }
. /etc/os-release
release=${VERSION_CODENAME:-}
[ "${ID:-}" = debian ] && [ -n "$release" ] || { echo 'snac2: not Debian' >&2; exit 3; }
if ! apt-cache policy snac2 2>/dev/null | grep -q 'Candidate: [0-9]'; then
  mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null | awk -v r="$release" '$2 == r { print $1; exit }')
  [ -n "$mirror" ] || { echo 'snac2: apt has no mirror of this release' >&2; exit 3; }
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keyring] $mirror $release-backports main" >/etc/apt/sources.list.d/communer-backports.list
  apt-get update -qq >/dev/null 2>&1 || true
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "snac2/$release-backports" >/dev/null 2>&1 ||
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq snac2 >/dev/null 2>&1 ||
  { echo 'snac2: the package is not available' >&2; exit 3; }
command -v snac >/dev/null 2>&1 || exit 3
