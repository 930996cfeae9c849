#!/bin/sh
# build.sh: build Azoth on Debian 12, from nothing.
#
#   ./build.sh        install what the host lacks, then build
#   ./build.sh demo   ... then boot manifests/web.yaml and say where its page
#                     is; ends at Ctrl-C, or by itself where stdin is no
#                     terminal (tools/demo)
#   ./build.sh test   ... then run every test
#
# Packages (tools/packages.txt) are installed by apt, as root or through sudo,
# but for programs that /usr/bin has already. Where neither is possible, prints
# the one command to run and exits 3.
set -eu
cd "$(dirname "$0")"
usage='usage: ./build.sh [demo | test]'
jobs=$(nproc)

missing_packages() {
	sed -e '/^#/d' -e '/^$/d' tools/packages.txt | while read -r name; do
		[ -x "/usr/bin/$name" ] ||
			dpkg-query -W -f '${db:Status-Status}' "$name" \
				2>/dev/null | grep -qx installed ||
			echo "$name"
	done
}

install_packages() {
	run="apt-get install -y --no-install-recommends $*"
	if [ "$(id -u)" -eq 0 ]; then
		sudo=
	elif sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; then
		sudo=sudo
	else
		echo "build.sh: packages are missing; run: sudo $run" >&2
		exit 3
	fi
	echo "build.sh: installing $*" >&2
	export DEBIAN_FRONTEND=noninteractive
	$sudo apt-get -qq update >&2 && $sudo $run >&2 || {
		echo "build.sh: could not install; try: sudo $run" >&2
		exit 3
	}
}

set_up() {
	command -v dpkg-query >/dev/null || {
		echo "build.sh: this is not Debian; see tools/packages.txt" >&2
		exit 3
	}
	names=$(missing_packages)
	[ -z "$names" ] || install_packages $names
}

case ${1:-} in
'')   set_up; exec make -j"$jobs" ;;
demo) set_up; make -j"$jobs"; exec make -s demo ;;
test) set_up; make -j"$jobs"; exec make -s check ;;
*)    echo "$usage" >&2; exit 2 ;;
esac
