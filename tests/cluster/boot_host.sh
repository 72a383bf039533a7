#!/usr/bin/env bash
# boot_host.sh DISK SHARED SEEN...: the first process of a host (hosts.py), in namespaces of its own.
#   DISK    the folder that holds home/ and sshd_config of this host
#   SHARED  what is /mnt/shared on every host
#   SEEN    folders of this machine that the host needs although they lie in what is covered here
set -euo pipefail
disk=$1 shared=$2
shift 2

mkdir "$disk/machine"
mount --rbind / "$disk/machine" # what is covered below can still be reached here
mount --bind "$disk/home" "$(getent passwd "$(id -u)" | cut -d: -f6)"
for covered in /tmp /dev/shm /mnt; do mount -t tmpfs tmpfs "$covered"; done
for folder in "$@"; do
  mkdir -p "$folder"
  mount --bind "$disk/machine$folder" "$folder"
done
mkdir -p /mnt/shared
mount --bind "$disk/machine$shared" /mnt/shared
umount --lazy "$disk/machine"
rmdir "$disk/machine"

hostname "$(basename "$disk")"
exec /usr/sbin/sshd -D -e -f "$disk/sshd_config"
