# Runs a command as on a machine that systemd-boot has started: ROOT COMMAND..., in a mount namespace of its own. The EFI variables are files
# in memory, and the root is another directory with the same names in it, but for the file that lets bootctl think of a container.
set -eu
root=$1
shift
mount -t tmpfs tmpfs "$root"
for entry in /*; do
  [ -d "$entry" ] || continue
  if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"; else mkdir "$root$entry" && mount --rbind "$entry" "$root$entry"; fi
done
mount -t tmpfs tmpfs "$root/sys/firmware"
variables=$root/sys/firmware/efi/efivars
vendor=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
mkdir -p "$variables"
text() { { printf '\006\000\000\000'; printf "$2" | iconv -t UTF-16LE; printf '\000\000'; } >"$variables/$1-$vendor"; }
text LoaderInfo "systemd-boot 252"
text LoaderEntrySelected root-a.conf
text LoaderEntries 'root-a.conf\000root-b.conf'
printf '\006\000\000\000\377\000\000\000\000\000\000\000' >"$variables/LoaderFeatures-$vendor"
exec chroot "$root" "$@"
