#!/bin/sh
# enclosure.sh DIRECTORY LOWERS: mounts a device's disks in DIRECTORY, says "up", and keeps them until its input ends. Runs in a mount namespace of its own.
# root/ is the device's root, an overlay over LOWERS; data/ is its data partition. Both are in memory, where an overlay may always lie, also below
# the containers' own.
set -e
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 device "$1"
cd "$1"
mkdir data upper work root
mount -t overlay overlay -o "lowerdir=$2,upperdir=upper,workdir=work" root
echo up
exec cat >/dev/null
