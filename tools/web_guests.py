"""The two web servers that tools/web-bench compares, in the same QEMU.

Azoth: driver, net and httpd of packages/. Linux: Debian's kernel and nginx, from
an initramfs (tools/linux_guest.py, tools/speed/webinit.c). Both have one
processor, MEMORY, the same card, the address 10.0.2.15 and the same files; at
the other end of the card's cable is tools/speed/webload.c.
"""
import os
import select
import shutil
import struct
import subprocess
import time
from pathlib import Path

import forge
import linux_guest
from attack import SLOT, TEXT

WORK = "out/bench/web"
MEMORY = "256M"
START_S = 120
SIZES = {"1k": 1024, "1m": 1 << 20}
PLUGIN = WORK + "/count-insns.so"
# QEMU's name of a card; Linux's kernel and modules for it.
CARDS = {"virtio-net": ("virtio-net-pci", linux_guest.KERNEL, ["virtio_pci", "virtio_net"]),
         "e1000": ("e1000", linux_guest.GENERIC, ["e1000"])}
MANIFEST = """azoth: 1
name: web
image: {{ memory: {memory}iB }}
devices:
  nic0: {{ match: pci/{card}, dma: 1MiB, share: [ net ] }}
networks:
  lan: {{ stack: net, address: 10.0.2.15/24, gateway: 10.0.2.2 }}
files:
  site: site
modules:
  {card}: {{ package: {card}@1, memory: 2MiB, stack: 64KiB, grants: {{ device: {{ nic0: {{}} }} }} }}
  net:
    package: net@1
    memory: 32MiB
    stack: 64KiB
    grants: {{ log: info, clock: 1ms, random: true }}
  web:
    package: httpd@1
    memory: 8MiB
    stack: 64KiB
    sockets: {{ send: {send} }}
    args: [ --root=/site ]
    grants: {{ log: info, clock: 1ms, files: {{ site: /site }}, listen: [ tcp/lan:8080 ] }}
channels:
  nic: {{ type: call, server: {card}, clients: [ net ], interface: {root}/packages/sdk/nic.wit }}
supervision:
  children: [ {card}, net, web ]
"""
# What nginx needs, and what it is said to do: nothing beside serving files.
PACKAGES = [
    ("nginx", "1.22.1-9+deb12u11",
     "4e2778e675c07d0f2d8d3b6f5ff84f6483ade1d82c21c910eb9a2787e1cf1b1a"),
    ("libc6", "2.36-9+deb12u14",
     "ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf"),
    ("libcrypt1", "1:4.4.33-2",
     "f5f60a5cdfd4e4eaa9438ade5078a57741a7a78d659fcb0c701204f523e8bd29"),
    ("libpcre2-8-0", "10.42-1+deb12u2",
     "d2f7edfcc7689b9e0761c2742cc824ac86a20768bc5e8057818dc6875291fe76"),
    ("libssl3", "3.0.22-1~deb12u2",
     "cb4784740daa9b3b0eaea2b444bbefa686794afbbf3d678d238c1fd9875f2efd"),
    ("zlib1g", "1:1.2.13.dfsg-1",
     "d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4"),
]
LIB = "lib/x86_64-linux-gnu/"
PROGRAM = {"nginx": "usr/sbin/nginx", "ld-linux-x86-64.so.2": "lib64/ld-linux-x86-64.so.2",
           **{n: LIB + n for n in ("libc.so.6", "libcrypt.so.1", "libpcre2-8.so.0", "libssl.so.3",
                                   "libcrypto.so.3", "libz.so.1")}}
NGINX = """daemon off;
master_process off;
worker_processes 1;
error_log stderr crit;
pid {work}/nginx.pid;
events {{ worker_connections 1024; use epoll; }}
http {{
	access_log off;
	client_body_temp_path {work}/t1;
	proxy_temp_path {work}/t2;
	fastcgi_temp_path {work}/t3;
	uwsgi_temp_path {work}/t4;
	scgi_temp_path {work}/t5;
	sendfile on;
	tcp_nopush on;
	tcp_nodelay on;
	keepalive_requests 1000000000;
	open_file_cache max=100 inactive=1h;
	open_file_cache_valid 1h;
	server {{ listen {port}; root {site}; }}
}}
"""


def webload():
    """tools/speed/webload.c as a program of this host."""
    path = WORK + "/webload"
    sources = ["tools/speed/" + n for n in ("webload.c", "cable.c", "cable.h")]
    if not os.path.exists(path) or os.path.getmtime(path) < max(map(os.path.getmtime, sources)):
        subprocess.run(["gcc-12", "-std=gnu2x", "-O2", "-D_GNU_SOURCE", "-Wall", "-Wextra",
                        "-Werror", "-o", path, *sources[:2]], check=True)
    return path


def site():
    """The folder of files that everyone serves."""
    path = WORK + "/site"
    os.makedirs(path, exist_ok=True)
    for name, size in SIZES.items():
        with open(f"{path}/{name}", "wb") as f:
            f.write((b"0123456789abcde\n" * (size // 16))[:size])
    return path


def azoth_image(card, name=None, to="pvh", send="16KiB"):
    """Build the system: its kernel, bundle or ISO without the suffix. send: what a
    connection may have on its way."""
    name = name or "azoth-" + card
    folder = f"{WORK}/{name}"
    os.makedirs(folder, exist_ok=True)
    shutil.copytree(site(), folder + "/site", dirs_exist_ok=True)
    with open(folder + "/azoth.yaml", "w") as f:
        f.write(MANIFEST.format(card=card, memory=MEMORY, send=send, root=os.getcwd()))
    subprocess.run(["out/bin/azoth", "build", "-q", "-f", folder + "/azoth.yaml", "-o",
                    folder + "/out", "--format", to], check=True)
    return folder + "/out/web"


def azoth_symbols(image):
    """Lines "ADDR NAME" of the kernel's functions and of the modules'."""
    lines = []
    with open(image + ".bundle", "rb") as f:
        bundle = forge.Bundle(f.read())
    for slot, module in enumerate(bundle.modules, 1):
        name = bundle.text_at(module.name, module.name_len)
        code = forge.Image(bundle.raw(module.blob))
        lines.append((slot * SLOT, name + ":stubs"))
        for i, f in enumerate(code.funcs):
            label = bytes(code.names[f.name:f.name + f.name_len]).decode() or f"f{i}"
            lines.append((slot * SLOT + TEXT + f.off, f"{name}:{label}"))
        lines.append((slot * SLOT + TEXT + len(code.text), name + ":behind"))
    kernel = subprocess.run(["nm", "-n", "out/obj/kernel.elf"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    lines += [(int(at, 16), "kernel:" + label) for at, kind, label in
              map(str.split, kernel.splitlines()) if kind in "tT"]
    return [f"{at:x} {label}\n" for at, label in sorted(lines)]


def nginx_files():
    """(path in a guest, here) of nginx and its libraries."""
    files = []
    for name, version, sha256 in PACKAGES:
        folder = linux_guest.package(name, version, sha256) or linux_guest.wanted(name)
        for path, _, names in os.walk(folder):
            files += [(PROGRAM[n], os.path.realpath(f"{path}/{n}")) for n in names
                      if n in PROGRAM and "/share/" not in path]
    return files


def host_nginx(config=NGINX, port=8945, **more):
    """The same nginx as a process here, and its port."""
    work = os.path.abspath(WORK + "/nginx")
    os.makedirs(work, exist_ok=True)
    files = dict(nginx_files())
    for name, path in files.items():
        if name.startswith(LIB):
            shutil.copy(path, f"{work}/{os.path.basename(name)}")
    with open(work + "/nginx.conf", "w") as f:
        f.write(config.format(work=work, port=f"127.0.0.1:{port}",
                              site=os.path.abspath(site()), **more))
    server = subprocess.Popen([files["lib64/ld-linux-x86-64.so.2"], "--library-path", work,
                               files["usr/sbin/nginx"], "-e", "stderr", "-p", work, "-c",
                               work + "/nginx.conf"])
    time.sleep(1)
    return server, port


def linux_files():
    """(path in the guest, here) of nginx, its libraries and its files."""
    files = [("web/site", site()), *nginx_files()]
    for name, text in (("web/nginx.conf", NGINX.format(work="/tmp", port=8080, site="/web/site")),
                       ("etc/passwd", "root:x:0:0::/:/bin/sh\nnobody:x:1:1::/:/bin/sh\n"),
                       ("etc/group", "root:x:0:\nnogroup:x:1:\n")):
        path = f"{WORK}/{os.path.basename(name)}"
        with open(path, "w") as f:
            f.write(text)
        files.append((name, path))
    return files


class Guest:
    """A running machine with tools/speed/webload.c at its network cable; its
    console is a file."""

    def __init__(self, name, command, card, more=()):
        self.name = name
        self.console_path, path = f"{WORK}/{name}.console", f"{WORK}/{name}.cable"
        counted = [f"{WORK}/{name}.counts"] if "-plugin" in more else []
        self.load = subprocess.Popen([webload(), path, *counted], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.load.stdout.readline()
        options = ["-netdev", f"stream,id=n0,server=off,addr.type=unix,addr.path={path}",
                   "-device", f"{CARDS[card][0]},netdev=n0", *more]
        self.started = time.monotonic()
        with open(self.console_path, "wb") as console:
            self.process = subprocess.Popen(command + options, stdin=subprocess.PIPE,
                                            stdout=console, stderr=subprocess.STDOUT)

    def console(self):
        with open(self.console_path, errors="replace") as f:
            return f.read()

    def load_with(self, line, timeout=START_S):
        """What webload answers to a line."""
        self.load.stdin.write(line + "\n")
        self.load.stdin.flush()
        answer = ""
        if select.select([self.load.stdout], [], [], timeout)[0]:
            answer = self.load.stdout.readline()
        if not answer:
            raise self.dead("does not answer")
        return answer.split()

    def ask(self, connections, requests, name="1k", fresh=False, timeout=START_S):
        """Seconds and bytes that so many requests took; fresh: each has a connection
        of its own. A tenth of them may come to no good end, and that is said."""
        done, seconds, size, bad, *_ = self.load_with(
            f"{connections} {requests} /{name} {fresh:d} 0", timeout)
        if int(bad) > requests // 10:
            raise self.dead(f"has {bad} of {done} answers wrong")
        if int(bad) != 0:
            print(f"# {self.name}: {bad} of {done} answers are wrong", flush=True)
        return float(seconds), int(size)

    def wait(self):
        """Seconds from QEMU's start to the first response."""
        self.ask(1, 1)
        return time.monotonic() - self.started

    def dead(self, what):
        self.close()
        return SystemExit(f"web_guests: {self.name} {what}\n{self.console()[-2000:]}")

    def close(self):
        for process in (self.process, self.load):
            process.kill()
            process.wait()


def azoth_guest(card, image=None, more=()):
    image = image or azoth_image(card)
    with open(image + ".bundle", "rb") as f:
        line = forge.Bundle(f.read()).cmdline()
    command = [*linux_guest.QEMU, "-m", MEMORY, "-device",
               "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", image + ".elf", "-initrd",
               image + ".bundle", "-append", line]
    return Guest("azoth-" + card, command, card, more)


def linux_guest_of(card, more=()):
    _, kernel, names = CARDS[card]
    # On a busy host its test of the timer fails, though the timer works.
    command = linux_guest.command("tools/speed/webinit.c", linux_files(), names, MEMORY,
                                  "no_timer_check", kernel=kernel)
    return Guest("linux-" + card, command, card, more)


def counting(name, symbols):
    """Options of QEMU to count instructions; symbols: lines of ADDR NAME."""
    if not os.path.exists(PLUGIN):
        subprocess.run(["gcc-12", "-O2", "-shared", "-fPIC", "-o", PLUGIN, "tools/count-insns.c"],
                       check=True)
    base = f"{WORK}/{name}"
    Path(base + ".counts").unlink(missing_ok=True)
    with open(base + ".symbols", "w") as f:
        f.writelines(symbols)
    return ["-plugin", f"{PLUGIN},symbols={base}.symbols,live={base}.counts"]


def counts(name):
    """{name: instructions so far}."""
    base = f"{WORK}/{name}"
    with open(base + ".symbols") as f:
        names = ["elsewhere"] + [line.split()[1] for line in f]
    with open(base + ".counts", "rb") as f:
        values = struct.unpack(f"<{len(names)}Q", f.read(8 * len(names)))
    return dict(zip(names, values))
