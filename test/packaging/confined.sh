#!/bin/sh
# Runs a program in the root file system of an image as a container does: without rights, on a file system that is
# read-only, with processes and a network of its own. It needs root.
# confined.sh ROOT PROJECT STATE PROGRAM [ARGUMENT…]
set -eu
root=$1 project=$2 state=$3
shift 3
if [ "${CONFINED-}" = "" ]; then
  CONFINED=1 exec unshare --mount --pid --net --fork --kill-child "$0" "$root" "$project" "$state" "$@"
fi
unset CONFINED
mkdir -p "$root/proc" "$root/dev" "$root/state"
mount --bind "$root" "$root"
mount --bind "$project" "$root/project"
mount --bind "$state" "$root/state"
mount --bind /dev "$root/dev"
mount -o remount,bind,ro "$root"
mount -o remount,bind,ro "$root/project"
mount -t proc proc "$root/proc"
ip link set lo up
exec setpriv --no-new-privs unshare --root "$root" --setgid 10001 --setuid 10001 --wd /project "$@"
