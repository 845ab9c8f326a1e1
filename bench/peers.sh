#!/bin/sh
# Installs what the benchmarks compare with, from Debian 12 or newer. `--print` only says which packages.
set -eu
packages="casync lxc lxc-templates nginx-light systemd-container btrfs-progs xfsprogs curl openssl xz-utils zstd mmdebstrap"
packages="$packages rauc dbus-daemon squashfs-tools swupdate cpio mender-client mender-artifact libubootenv-tool lxd"
case "${1-}" in
"") ;;
--print) echo "$packages" && exit ;;
*) echo "usage: bench/peers.sh [--print]" >&2 && exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo "Cannot install the peers: it takes root" >&2; exit 1; }

# Some of them start daemons; 101 says that nothing is to be started (invoke-rc.d).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=600 update
# shellcheck disable=SC2086
apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends $packages
