# Plays the two tools of grub-mender-grubenv: DIRECTORY print, and DIRECTORY -s - with a batch of name=value or "name value" lines.
set -eu
directory=$1
shift
first=$directory/mender_grubenv1
second=$directory/mender_grubenv2

is_whole() { [ "$(grub-editenv "$1/lock" list 2>/dev/null)" = editing=0 ]; }

restore() { # from, to
  cat "$1/env" >"$2/env"
  grub-editenv "$2/lock" create
  grub-editenv "$2/lock" set editing=0
}

edit() { # copy, pairs
  copy=$1
  shift
  grub-editenv "$copy/lock" set editing=1
  grub-editenv "$copy/env" set "$@"
  grub-editenv "$copy/lock" set editing=0
}

exec 9>"$directory/flock"
flock -w 1 9
if ! is_whole "$second"; then restore "$first" "$second"; elif ! is_whole "$first"; then restore "$second" "$first"; fi

if [ "$1" = print ]; then
  grub-editenv "$first/env" list
  exit
fi

[ "$1 $2" = "-s -" ] || { echo "usage: -s -" >&2; exit 1; }
set --
while read -r line || [ -n "$line" ]; do set -- "$@" "$(echo "$line" | sed 's/  */=/')"; done
edit "$second" "$@"
edit "$first" "$@"
