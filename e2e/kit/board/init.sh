# Process 1 of a board, in namespaces of its own: BOARD ROOT-DEVICE BOOT-ID NUMBERS..., where a number is "name=number" of a partition.
# BOARD is the directory of the machine that plays it. Its root becomes ROOT-DEVICE; from then on nothing of that machine is in sight but the
# programs that it lends. Says "up" and its number out there when it is ready.
set -eu
board=$1 device=$2 boot_id=$3
shift 3
read -r outside rest </proc/self/stat
loop=$(cat "$board/loop")
root=$board/root

mount -t ext4 -o ro,noatime "$device" "$root"
for name in usr lib lib64 bin etc/alternatives; do
  [ -L "$root/$name" ] || { mount --rbind "/$name" "$root/$name" && mount -o remount,bind,ro "$root/$name"; }
done
for name in run tmp var opt dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$name"; done
chmod 1777 "$root/tmp"
mkdir "$root/opt/host-service" "$root/run/lock" "$root/var/lib" "$root/var/tmp" "$root/dev/shm" "$root/dev/disk"
ln -s /run/lock "$root/var/lock"
ln -s /run "$root/var/run"
mount --bind -o ro "$board/sbin" "$root/sbin"
[ ! -d "$board/lent" ] || { mkdir "$root/opt/lent" && mount --bind -o ro "$board/lent" "$root/opt/lent"; }
mount --bind -o ro "$board/programs" "$root/opt/host-service"
hostname board

# Devices: the board's partitions under the kernel's names, and the links that udev makes.
for entry in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
  IFS=: read -r name major minor <<ENTRY
$entry
ENTRY
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/disk/by-partlabel"
for entry in "$@"; do
  node=${loop##*/}p${entry#*=}
  IFS=: read -r major minor <"/sys/class/block/$node/dev"
  mknod -m 600 "$root/dev/$node" b "$major" "$minor"
  ln -s "../../$node" "$root/dev/disk/by-partlabel/${entry%=*}"
done
mount -t sysfs -o ro sysfs "$root/sys"
mount -t proc proc "$root/proc"
echo "$boot_id" >"$root/run/boot-id"
mount --bind "$root/run/boot-id" "$root/proc/sys/kernel/random/boot_id"

mounts_env=false
[ ! -e "$board/mounts-env" ] || mounts_env=true

cd "$root"
pivot_root . mnt
umount -l /mnt
# By the names that they have on the board.
for entry in "$@"; do
  node=/dev/${loop##*/}p${entry#*=}
  case $entry in
  data=*) mount -t ext4 "$node" /data ;;
  env=*) ! $mounts_env || mount -t ext2 "$node" /boot/efi ;;
  esac
done
# In order: everybody hears of it, and has five seconds.
go_down() {
  kill -TERM -1
  tries=500
  while kill -0 -1 && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.01
  done
  exit 0
}
trap go_down TERM
# From here on it can be told to go down.
echo "up $outside"
exec >/dev/null 2>&1
# Waiting for a child of its own, it also buries those that lost their parents.
while :; do sleep 1000000 & wait $!; done
