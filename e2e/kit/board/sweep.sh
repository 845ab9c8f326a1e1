# Takes a board away: DIRECTORY. Waits first until nobody holds the pipe DIRECTORY/held any more, so that it does so too when the tests end
# without a word. It is nobody's child: a runner that kills what its tests have started does not reach it. Says "gone" when nothing is left.
[ "${2:-}" = alone ] || { /bin/sh "$0" "$1" alone & exit; }
cat "$1/held" >/dev/null
directory=$1

again() { # Until it works, or for ten seconds.
  tries=200
  until "$@" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.05
  done
}

if [ -s "$directory/init.pid" ]; then
  read -r pid <"$directory/init.pid"
  # A number that went to another process meanwhile is not ours to kill.
  if grep -qaF "$directory" "/proc/$pid/cmdline" 2>/dev/null; then
    kill -KILL "$pid"
    again test ! -d "/proc/$pid"
  fi
fi
failed=0
if [ -s "$directory/loop" ]; then
  read -r loop <"$directory/loop"
  if [ "$(cat "/sys/block/${loop##*/}/loop/backing_file" 2>/dev/null)" = "$directory/disk.img" ]; then
    again partx --delete "$loop" || failed=1
    # While the device is still ours: the next one of that number has nodes of the same names.
    rm -f "${loop}p"*
    again losetup --detach "$loop" || failed=1
  fi
fi
rm -rf -- "$directory"
[ "$failed" = 1 ] || echo gone
