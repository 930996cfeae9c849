"""Machines whose web server has TLS in front, and certificates for them."""
import random
import shutil
import socket
import ssl
import struct
import subprocess
import time
from pathlib import Path

import attack
from web import AZOTH, ROOT, free_port

START_S, BIG = 60, 1 << 20
MANIFEST = """azoth: 1
name: tls
devices:
  nic0: { match: pci/virtio-net, dma: 1MiB, share: [ net ] }
networks:
  lan: { stack: net, address: dhcp }
  secure: { stack: tls }
files: { site: site, chain: chain }
secrets: { SECRETS }
modules:
  virtio-net: { package: virtio-net@1, memory: 4MiB, grants: { device: { nic0: {} } } }
  net: { package: net@1, memory: 32MiB, grants: { log: info, clock: 1ms, random: true } }
  tls:
    package: tls@1
    memory: 8MiB
    RESTART
    args: [ --connections=16, --handshake=3ARGS ]
    grants: { log: warn, clock: 1ms, random: true, listen: [ tcp/lan:8443 ],
      files: { chain: /chain }, secret: [ NAMES ] }
  web:
    source: guest.wasm
    memory: 8MiB
    args: [ --root=/site, --idle=5s ]
    grants: { log: info, clock: 1ms, files: { site: /site },
      listen: [ tcp/lan:8080, tcp/secure:443 ], power: [ "reset:tls", "reset:net", "reset:virtio-net" ] }
channels:
  nic: { type: call, server: virtio-net, clients: [ net ], interface: nic.wit }
supervision: { children: [ virtio-net, net, tls, web ] }
"""
FORMS = {"one": ("", ["tls"]), "file": (", --chain=/chain/rsa.pem", ["tls"]),
         "two": (", --chain=certificates", ["tls", "certificates"])}


def run(*words, text=None, seconds=60):
    """Everything that a program says."""
    done = subprocess.run(["timeout", str(seconds), *map(str, words)], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode(errors="replace")


# --- Keys and images -----------------------------------------------------------
class Work:
    """A folder with certificates of an authority, and systems that use them."""

    def __init__(self, folder):
        self.at = Path(folder)
        self.make_keys()
        self.make_systems()

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.at, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def certify(self, name, issuer, extensions):
        """NAME.crt for NAME.key, by the issuer."""
        (self.at / "extensions").write_text(extensions)
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj", "/CN=localhost", "-out", "csr")
        self.openssl("x509", "-req", "-in", "csr", "-CA", f"{issuer}.crt", "-CAkey",
                     f"{issuer}.key", "-CAcreateserial", "-days", "30", "-extfile", "extensions",
                     "-out", f"{name}.crt")

    def make_keys(self):
        curve = ["-pkeyopt", "ec_paramgen_curve:P-256"]
        self.openssl("req", "-x509", "-newkey", "ec", *curve, "-nodes", "-days", "30", "-subj",
                     "/CN=root", "-keyout", "root.key", "-out", "root.crt")
        for name in ("middle", "ec", "other"):
            self.openssl("genpkey", "-algorithm", "EC", *curve, "-out", f"{name}.key")
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "sec1.key")
        self.openssl("ecparam", "-name", "secp384r1", "-genkey", "-out", "p384.key")
        self.openssl("genpkey", "-algorithm", "RSA", "-out", "rsa.key")
        self.openssl("rsa", "-in", "rsa.key", "-traditional", "-out", "pkcs1.key")
        self.openssl("pkcs8", "-topk8", "-in", "ec.key", "-passout", "pass:x", "-out",
                     "locked.key")
        self.certify("middle", "root", "basicConstraints=critical,CA:TRUE\n")
        for name in ("ec", "sec1", "p384", "rsa"):
            self.certify(name, "middle" if name == "rsa" else "root",
                         "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        text = (self.at / "ec.key").read_text()
        (self.at / "broken.key").write_text(text[:60] + "!" + text[61:])
        (self.at / "short.key").write_text(text.replace(text[40:80], ""))
        self.join("rsa.pem", "rsa.crt", "middle.crt")
        self.join("rsa8.pem", "rsa.crt", "middle.crt", "rsa.key")
        self.join("ec.pem", "ec.key", "ec.crt")

    def join(self, name, *parts):
        (self.at / name).write_text("".join((self.at / p).read_text() for p in parts))
        return self.at / name

    def make_systems(self):
        (self.at / "site").mkdir()
        (self.at / "chain").mkdir()
        (self.at / "site/index.html").write_text("It works.\n")
        (self.at / "site/big").write_bytes(random.Random(1).randbytes(BIG))
        shutil.copy(self.at / "rsa.pem", self.at / "chain")
        shutil.copy(ROOT / "packages/sdk/nic.wit", self.at)
        subprocess.run([ROOT / "packages/sdk/wasm-cc", "-O2", "-std=gnu2x", "-o",
                        self.at / "guest.wasm", ROOT / "packages/tls/test/guest.c",
                        ROOT / "out/share/azoth/packages/httpd-1.a"], check=True)

    def build(self, form, restart="", media="pvh"):
        """The system of a form: the path of its image, without what follows the dot."""
        args, names = FORMS[form]
        text = MANIFEST.replace("ARGS", args).replace("NAMES", ", ".join(names))
        text = text.replace("SECRETS", ", ".join(f"{n}: {{ max: 16KiB }}" for n in names))
        name = form + ("-" + restart if restart else "")
        text = text.replace("RESTART", f"restart: {restart}" if restart else "restart: permanent")
        (self.at / f"{name}.yaml").write_text(text)
        subprocess.run([AZOTH, "build", "-q", "-f", self.at / f"{name}.yaml", "-o",
                        self.at / name, "--format", media], check=True)
        return self.at / name / "tls"


class Machine:
    """A system that runs, with these files as its secrets."""

    def __init__(self, work, form="one", **secrets):
        self.work, self.port, self.plain = work, free_port(), free_port()
        image = f"{work.build(form)}.elf"
        given = [w for n, f in secrets.items() for w in ("--secret", f"{n}={work.at / f}")]
        self.log = open(work.at / "console", "w+")
        self.guest = subprocess.Popen(
            [AZOTH, "run", "--kvm", "off", "-p", f"{self.plain}:8080", "-p",
             f"{self.port}:8443", *given, image], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT)
        self.started = wait_for(f"http://127.0.0.1:{self.plain}/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.guest.terminate()
        self.guest.wait()

    def console(self):
        return Path(self.log.name).read_text(errors="replace")

    def curl(self, path, *options, root="root.crt"):
        return run("curl", "-sS", "-m", "20", "--cacert", self.work.at / root, *options,
                   f"https://localhost:{self.port}{path}")

    def s_client(self, *options, text=b""):
        return run("openssl", "s_client", "-connect", f"localhost:{self.port}", "-CAfile",
                   self.work.at / "root.crt", "-verify_return_error", *options, text=text,
                   seconds=20)

    def raw(self):
        return socket.create_connection(("127.0.0.1", self.port), 20)

    def connect(self):
        """A connection of Python's: (its plain socket, the wrapped one)."""
        context = ssl.create_default_context(cafile=self.work.at / "root.crt")
        return context.wrap_socket(self.raw(), server_hostname="localhost",
                                   suppress_ragged_eofs=False)


def wait_for(url):
    for _ in range(START_S * 4):
        if "It works" in run("curl", "-s", "-m", "2", url):
            return True
        time.sleep(.25)
    return False


class Watched:
    """A machine whose RAM is a file."""

    def __init__(self, work, restart):
        self.work, self.port, self.plain = work, free_port(), free_port()
        image = work.build("one", restart)
        kernel, data = (Path(f"{image}.{s}").read_bytes() for s in ("elf", "bundle"))
        forward = f"hostfwd=tcp::{self.plain}-:8080,hostfwd=tcp::{self.port}-:8443"
        self.guest = attack.Guest("tls", kernel, data, "128M", shared=True, more=(
            "-netdev", f"user,id=n,{forward}", "-device", "virtio-net-pci,netdev=n,romfile=",
            "-fw_cfg", f"name=opt/azoth/secret/tls,file={work.at / 'ec.pem'}"))
        self.started = wait_for(f"http://127.0.0.1:{self.plain}/")

    curl, s_client, raw = Machine.curl, Machine.s_client, Machine.raw

    def count(self, secret):
        """How often RAM holds it."""
        self.guest.stop_settled()
        found = self.guest.memory().count(secret)
        self.guest.qmp("cont")
        return found

    def wait_said(self, text, count=1):
        for _ in range(200):
            if self.guest.console().count(text) >= count:
                return True
            time.sleep(.05)
        return False

    def trap(self):
        """Let the certificate lie outside the module's memory: the next handshake traps."""
        pem = (self.work.at / "ec.crt").read_text()
        der = ssl.PEM_cert_to_DER_cert(pem)
        with open(f"{self.guest.base}.ram", "r+b") as ram:
            data, at = ram.read(), -1
            while (at := data.find(der, at + 1)) >= 0:
                pair = at - 8 * 8 - 4  # of chain[0]: identity.h
                if data[pair + 4:pair + 8] == struct.pack("<I", len(der)):
                    ram.seek(pair)
                    ram.write(struct.pack("<I", 0xfffff000))
        self.s_client("-tls1_2")
