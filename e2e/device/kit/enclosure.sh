#!/bin/sh
# enclosure.sh DIRECTORY LOWERS: mounts a device's disks in DIRECTORY, says "up", and keeps them until its input ends. Runs in a mount namespace of its own.
# root/ is the device's root, an overlay over LOWERS; data/ is its data partition. Both are in memory, where an overlay may always lie, also below
# the containers' own. The device's processes are in a control group of the directory's name, and end with it: systemd does not end because the
# systemd-nspawn that started it was killed.
set -e
directory=$1
group=/sys/fs/cgroup/$(basename "$directory")

inside() { find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null; }

# Killed processes leave their group a moment later.
take_away() {
  set +e
  cd /
  while [ -n "$(inside)" ]; do inside | xargs kill -KILL 2>/dev/null; done
  until [ ! -d "$group" ]; do find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; done
  umount --lazy "$directory" 2>/dev/null
  rmdir "$directory"
}

umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
trap take_away EXIT
mkdir "$group"
mount -t tmpfs -o mode=755 device "$directory"
cd "$directory"
mkdir data upper work root
mount -t overlay overlay -o "lowerdir=$2,upperdir=upper,workdir=work" root
echo up
cat >/dev/null
