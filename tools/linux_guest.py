#!/usr/bin/env python3
"""A Linux guest to compare with: Debian's kernel, in the same QEMU.

usage: linux_guest.py [-m SIZE] [-a TEXT] [-t SECONDS] [-f GUEST=HOST]...
                      [-p PACKAGE]... [-k MODULE]... INIT.c [QEMU-OPTION]...

Boots the kernel by PVH with an initramfs that holds /init, compiled from
INIT.c as a static program, and prints what comes over the serial port. -f adds
a file or folder, -p all of a Debian package and -k a kernel module with those
that it needs, as /modules/NUMBER-NAME.ko in the order in which they are to be
loaded. -a adds to the kernel's command line; what follows ` -- ` there are /init's
arguments. The guest ends when /init has it
reboot. With the QEMU options `-icount shift=0,sleep=off` the time-stamp counter
counts instructions.

Packages come by apt-get from the machine's own entries, whose signatures apt
checks; a .deb that is already in out/sources/tar, or in $AZOTH_SOURCES, is used
as it is. The kernels are pinned; once Debian no longer has them, the one that
linux-image-cloud-amd64 or linux-image-amd64 stands for is taken, and said so.
"""
import argparse
import glob
import hashlib
import os
import re
import stat
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = ROOT + "/out/linux"
SOURCES = ROOT + "/out/sources/tar"
KERNEL = ("linux-image-6.1.0-50-cloud-amd64", "6.1.176-1",
          "efe19f605b6f54a8352e68d85a629abb2d30b72a085faef603a9152590baa791")
# The cloud's has no driver of cards that are not virtio's; this one has all.
GENERIC = ("linux-image-6.1.0-50-amd64", "6.1.176-1",
           "7b5597492a0a65aee61985a492e6bcc3f2cde830072a0e3b3d8c7e1b90279bd3")
QEMU = ["qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-accel", "tcg", "-nodefaults",
        "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot"]
APPEND = "console=ttyS0 quiet panic=-1 reboot=t"
# Of the head of a bzImage (Linux's boot protocol).
SETUP_SECTS, PAYLOAD, SECTOR = 0x1f1, 0x248, 512
PACKERS = {b"\x02\x21\x4c\x18": "lz4", b"\xfd7zX": "xz"}


def die(text):
    sys.exit("linux_guest: " + text)


def run(*argv, **options):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if done.returncode != 0:
        die(f"{argv[0]}: {(done.stderr or done.stdout).decode()[-500:].strip()}")
    return done.stdout


# --- Packages -----------------------------------------------------------------
def kept(name, version):
    """The .deb of a package that is here already, or None."""
    found = [path for folder in (os.environ.get("AZOTH_SOURCES", SOURCES), SOURCES)
             for path in glob.glob(f"{folder}/{name}_{version.replace(':', '%3a')}_*.deb")]
    return found[0] if found else None


def candidate(name):
    """The version that apt would install."""
    policy = run("apt-cache", "policy", name).decode()
    found = re.search(r"Candidate: (\S+)", policy)
    return found[1] if found and found[1] != "(none)" else None


def download(name, version):
    os.makedirs(SOURCES, exist_ok=True)
    done = subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download",
                           f"{name}={version}"], cwd=SOURCES, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return None if done.returncode != 0 else kept(name, version)


def package(name, version=None, sha256=None):
    """A package's files in a folder; None: Debian has no such version."""
    version = version or candidate(name)
    path = version and (kept(name, version) or download(name, version))
    if path is None:
        return None
    with open(path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    if sha256 not in (None, digest):
        die(f"{path} has SHA-256 {digest}, pinned is {sha256}")
    folder = f"{OUT}/{os.path.basename(path)[:-4]}"
    if not os.path.exists(folder + ".ok"):
        run("rm", "-rf", folder)
        os.makedirs(folder)
        run("dpkg-deb", "-x", path, folder)
        open(folder + ".ok", "w").close()
    return folder


def wanted(name):
    folder = package(name)
    return folder or die(f"no package {name}; is apt's list up to date (apt-get update)?")


def kernel_package(kernel=KERNEL):
    folder = package(*kernel)
    if folder is None:
        newest = "linux-image-cloud-amd64" if kernel == KERNEL else "linux-image-amd64"
        found = re.findall(r"Depends: (linux-image\S+)",
                           run("apt-cache", "depends", newest).decode())
        folder = wanted(found[0] if found else newest)
        print(f"linux_guest: not the pinned kernel but {os.path.basename(folder)}",
              file=sys.stderr)
    return folder


# --- The kernel ---------------------------------------------------------------
def vmlinux(folder):
    """The ELF file inside of the package's bzImage: what PVH starts."""
    path = folder + ".vmlinux"
    if os.path.exists(path):
        return path
    with open(glob.glob(folder + "/boot/vmlinuz-*")[0], "rb") as f:
        image = f.read()
    start, size = struct.unpack_from("<II", image, PAYLOAD)
    start += (image[SETUP_SECTS] + 1) * SECTOR
    payload = image[start:start + size - 4]  # its size behind it
    if payload[:4] not in PACKERS:
        die("the kernel is compressed by neither LZ4 nor xz")
    with open(path + ".tmp", "wb") as f:
        f.write(run(PACKERS[payload[:4]], "-dc", input=payload))
    os.rename(path + ".tmp", path)
    return path


def modules(folder, names):
    """(path in the guest, path here) of kernel modules and what they need, in
    the order of loading."""
    paths = {os.path.basename(p)[:-3].replace("-", "_"): p for p in
             glob.glob(folder + "/lib/modules/**/*.ko", recursive=True)}
    order = []

    def add(name):
        if name not in paths:
            die(f"no kernel module {name}")
        needs = run("objcopy", "-O", "binary", "-j", ".modinfo", paths[name], "/dev/stdout")
        for field in needs.split(b"\0"):
            if field.startswith(b"depends=") and len(field) > len(b"depends="):
                for need in field.decode().split("=")[1].split(","):
                    add(need.replace("-", "_"))
        if name not in order:
            order.append(name)

    for name in names:
        add(name)
    return [(f"modules/{n:02}-{name}.ko", paths[name]) for n, name in enumerate(order)]


# --- The initramfs ------------------------------------------------------------
def entry(number, name, mode, content=b""):
    """A record of cpio's newc form."""
    name = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def tree(files):
    """What an initramfs holds: {name: (mode, content)}, with the folders."""
    found = {}

    def add(name, path):
        if os.path.islink(path):
            found[name] = (stat.S_IFLNK | 0o777, os.readlink(path).encode())
        elif os.path.isdir(path):
            found.setdefault(name, (stat.S_IFDIR | 0o755, b""))
            for child in os.listdir(path):
                add(f"{name}/{child}", f"{path}/{child}")
        else:
            with open(path, "rb") as f:
                found[name] = (stat.S_IFREG | os.stat(path).st_mode & 0o777, f.read())

    for name, path in files:
        parts = name.strip("/").split("/")
        for n in range(1, len(parts)):
            found.setdefault("/".join(parts[:n]), (stat.S_IFDIR | 0o755, b""))
        add("/".join(parts), path)
    return found


def initramfs(files):
    """(path in the guest, file or folder here)... as a cpio archive; a later one
    adds to a folder and replaces a file. Folders come before what they hold."""
    found = tree(files)
    return b"".join(entry(n + 1, name, *found[name]) for n, name in
                    enumerate(sorted(found))) + entry(0, "TRAILER!!!", 0)


def compile_static(source):
    path = f"{OUT}/{os.path.basename(source)[:-2]}"
    run("gcc-12", "-std=gnu2x", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-static",
        "-o", path, source)
    return path


# --- Booting ------------------------------------------------------------------
def command(init, files=(), names=(), memory="512M", append="", options=(), kernel=KERNEL):
    """QEMU's command for the guest; its files are written."""
    os.makedirs(OUT, exist_ok=True)
    folder = kernel_package(kernel)
    files = [("init", compile_static(init)), *files, *modules(folder, names)]
    path = f"{OUT}/{os.path.basename(init)[:-2]}-{kernel[0]}.cpio"
    with open(path, "wb") as f:
        f.write(initramfs(files))
    return [*QEMU, "-m", memory, "-kernel", vmlinux(folder), "-initrd", path,
            "-append", f"{APPEND} {append}".strip(), *options]


def boot(*given, timeout=300, **more):
    """What the guest prints until it ends."""
    done = subprocess.run(command(*given, **more), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=timeout)
    if done.returncode != 0:
        die(f"QEMU ended with {done.returncode}")
    return done.stdout.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-m", default="512M", help="memory")
    parser.add_argument("-a", default="", help="more of a command line")
    parser.add_argument("-t", type=int, default=300, help="seconds to wait")
    parser.add_argument("-f", action="append", default=[], metavar="GUEST=HOST")
    parser.add_argument("-p", action="append", default=[], metavar="PACKAGE")
    parser.add_argument("-k", action="append", default=[], metavar="MODULE")
    parser.add_argument("init", metavar="INIT.c")
    options, qemu = parser.parse_known_args()
    files = [(part, f"{root}/{part}") for root in map(wanted, options.p)
             for part in sorted(os.listdir(root))]
    files += [f.split("=", 1) for f in options.f]
    sys.stdout.write(boot(options.init, files, options.k, options.m, options.a, qemu,
                          timeout=options.t))


if __name__ == "__main__":
    main()
