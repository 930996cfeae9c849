"""Take bundles apart, damage them, and sign them so that the kernel believes.

Bundle and Image hold the records of abi/index.h and abi/image.h as lists of
Python objects; pack() lays them out again as the formats demand. A patch
(offset, bytes) is applied after that, so that any field can lie. The key is
everyone's: it exists for tests alone.

A tool that imports this takes --hosted: boot() then runs the system in a Linux
process (out/bin/azoth-hosted) instead of QEMU.
"""
import concurrent.futures
import hashlib
import os
import re
import struct
import subprocess
import sys
import tempfile
import types
import zlib

# --- ECDSA over P-256, with nonces from the message ---------------------------
P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def point_add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = 3 * (p[0] * p[0] - 1) * pow(2 * p[1], -1, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def point_mul(k, p):
    sum_ = None
    while k:
        if k & 1:
            sum_ = point_add(sum_, p)
        p = point_add(p, p)
        k >>= 1
    return sum_


class Key:
    """A key pair from a word."""

    def __init__(self, word):
        self.secret = int.from_bytes(hashlib.sha256(word.encode()).digest(), "big") % N
        x, y = point_mul(self.secret, G)
        self.point = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        self.id = hashlib.sha256(self.point).digest()[:16]

    def sign(self, message):
        digest = hashlib.sha256(message).digest()
        nonce = hashlib.sha512(self.secret.to_bytes(32, "big") + digest).digest()
        k = int.from_bytes(nonce, "big") % (N - 1) + 1
        r = point_mul(k, G)[0] % N
        s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * self.secret) % N
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


KEY = Key("a key for tests alone")
TRUST_MAGIC = b"AZOTH-TRUST-KEYS"
TRUST_PAGE = 4096


def trust_offset(kernel):
    return next(at for at in range(0, len(kernel), TRUST_PAGE)
                if kernel.startswith(TRUST_MAGIC, at))


def trust_in(kernel):
    """The trust page that a kernel has, one byte of its magic perhaps damaged."""
    pages = (kernel[at:at + TRUST_PAGE] for at in range(0, len(kernel), TRUST_PAGE))
    return next(p for p in pages if sum(map(int.__ne__, p, TRUST_MAGIC)) <= 1)


def trust_page(keys, count=None):
    head = TRUST_MAGIC + struct.pack("<II8x", 1, len(keys) if count is None else count)
    body = b"".join(k.point + struct.pack("<I28s", 0, b"test") for k in keys)
    return (head + body).ljust(TRUST_PAGE, b"\0")


def kernel_trusting(kernel, page):
    at = trust_offset(kernel)
    return kernel[:at] + page + kernel[at + TRUST_PAGE:]


# --- Records ------------------------------------------------------------------
class Kind:
    """A record: its struct format and the names of its fields."""

    def __init__(self, form, names):
        self.form = struct.Struct("<" + form)
        self.names = names.split()

    def read(self, data, off):
        return types.SimpleNamespace(**dict(zip(self.names, self.form.unpack_from(data, off))))

    def write(self, record):
        return self.form.pack(*(getattr(record, n) for n in self.names))

    def read_all(self, data, off, count):
        return [self.read(data, off + i * self.form.size) for i in range(count)]


SYSTEM = Kind("IIIIIIQQQII", "name name_len version version_len cmdline cmdline_len "
              "serial epoch memory flags reserved")
BLOB = Kind("QQII32s", "stored_size raw_size codec reserved sha256")
MODULE = Kind("IIIIIIIIIIIIIIIIQQQQQQIIII", "name name_len version version_len args args_count "
              "env env_count grants grants_count blob stdin_kind stdin_blob restart expect "
              "expect_code memory stack cpu_budget cpu_period deadline ready priority state "
              "flags watchdog")
STRING = Kind("II", "off len")
GRANT = Kind("IIQII", "kind reserved value text text_len")
FILESET = Kind("IIIIII", "name name_len files files_count blob reserved")
FILE = Kind("IIIIIIQQ", "name name_len target target_len kind parent off size")
CHANNEL = Kind("IIIIIIIIIIQII", "name name_len type flags owner queue peers peers_count "
               "methods methods_count timeout size record")
PEER = Kind("IIQ", "module rights lease")
METHOD = Kind("IIIIII32s", "name name_len type type_len flags copy_count copies")
NODE = Kind("IIIIIIIIQQQ", "name name_len parent kind module strategy intensity escalate "
            "period backoff_min backoff_max")
DEVICE = Kind("IIIIIIIIIIIIIIIIIIIIII", "channel bus id0 id1 id2 id3 class_code class_mask nth "
              "engine interrupt line rate flags regions regions_count registers registers_count "
              "rings rings_count reset reset_count")
REGION = Kind("IIII", "kind number size reserved")
REGISTER = Kind("IIHHHHII", "region offset width count stride access read_mask write_mask")
RING = Kind("HHBBBBBBBBIIIIIIIII", "entries direction address_at length_at command_at status_at "
            "done command last allowed base_low base_high bytes head tail window window_size "
            "start least")
STEP = Kind("IIIIII", "op target mask value limit reserved")
TABLES = [("system", SYSTEM), ("blobs", BLOB), ("modules", MODULE), ("strings", STRING),
          ("grants", GRANT), ("filesets", FILESET), ("files", FILE), ("text", None),
          ("channels", CHANNEL), ("peers", PEER), ("methods", METHOD), ("nodes", NODE),
          ("devices", DEVICE), ("regions", REGION), ("registers", REGISTER), ("rings", RING),
          ("steps", STEP)]
KINDS = len(TABLES)
HEAD_SIZE, INDEX_HEAD_SIZE, ALIGN, ABI = 128, 24 + 8 * KINDS, 8, 5


def copy(record, **changes):
    return types.SimpleNamespace(**{**vars(record), **changes})


def align(at, to):
    return -at % to


class Bundle:
    """patches: (offset in the index, bytes), signed. head_patches: (offset in
    the bundle, bytes), written last."""

    def __init__(self, data):
        index = data[HEAD_SIZE:]
        for i, (name, kind) in enumerate(TABLES):
            off, count = struct.unpack_from("<II", index, 24 + 8 * i)
            setattr(self, name, kind.read_all(index, off, count) if kind
                    else bytearray(index[off:off + count]))
        at = HEAD_SIZE + struct.unpack_from("<I", data, 12)[0]
        self.stored = []
        for blob in self.blobs:
            self.stored.append(data[at:at + blob.stored_size])
            at += blob.stored_size
        self.key = KEY
        self.patches, self.head_patches, self.tail = [], [], b""

    def add_text(self, text):
        raw = text if isinstance(text, bytes) else text.encode()
        self.text += raw
        return len(self.text) - len(raw), len(raw)

    def add_channel(self, name, kind, owner, others, rights):
        """A channel of modules by number; rights: the owner's, the others'."""
        off, size = self.add_text(name)
        empty = types.SimpleNamespace(**{field: 0 for field in CHANNEL.names})
        self.channels.append(copy(empty, name=off, name_len=size, type=kind, owner=owner,
                                  peers=len(self.peers), peers_count=1 + len(others)))
        self.peers += [types.SimpleNamespace(module=m, rights=rights[i > 0], lease=0)
                       for i, m in enumerate([owner, *others])]

    def flatten_tree(self):
        """One group of all modules that there are now."""
        root = self.nodes[0]
        leaf = types.SimpleNamespace(**{name: 0 for name in NODE.names})
        self.nodes = [root] + [copy(leaf, kind=1, module=i) for i in range(len(self.modules))]

    def text_at(self, off, size):
        return self.text[off:off + size].decode()

    def raw(self, i):
        data = self.stored[i]
        return zlib.decompress(data) if self.blobs[i].codec else data

    def set_blob(self, i, raw, raw_size=None, codec=1, stored=None):
        """Contents of blob i, its hash and sizes; stored overrides the stream."""
        if stored is None:
            stored = zlib.compress(raw, 9) if codec else raw
        self.stored[i] = stored
        self.blobs[i] = copy(self.blobs[i], stored_size=len(stored), codec=codec,
                             raw_size=len(raw) if raw_size is None else raw_size,
                             sha256=hashlib.sha256(stored).digest())

    def add_blob(self, raw, **more):
        self.blobs.append(copy(self.blobs[0]))
        self.stored.append(b"")
        self.set_blob(len(self.blobs) - 1, raw, **more)
        return len(self.blobs) - 1

    def index(self):
        out, spans = bytearray(INDEX_HEAD_SIZE), []
        for name, kind in TABLES:
            part = getattr(self, name)
            out += bytes(align(len(out), ALIGN))
            spans.append((len(out), len(part)))
            out += b"".join(kind.write(r) for r in part) if kind else part
        struct.pack_into("<8sIIII", out, 0, b"AZINDEX1", len(out), ABI, KINDS, 0)
        for i, span in enumerate(spans):
            struct.pack_into("<II", out, 24 + 8 * i, *span)
        for off, data in self.patches:
            out[off:off + len(data)] = data
        return bytes(out)

    def pack(self):
        index = self.index()
        body = index + b"".join(self.stored) + self.tail
        head = struct.pack("<8sIIQ16s24x", b"AZBUNDL1", HEAD_SIZE, len(index),
                           HEAD_SIZE + len(body), self.key.id)
        out = bytearray(head + self.key.sign(index) + body)
        for off, data in self.head_patches:
            out[off:off + len(data)] = data
        return bytes(out)

    def cmdline(self):
        return self.text_at(self.system[0].cmdline, self.system[0].cmdline_len)


# --- Images -------------------------------------------------------------------
FUNC = Kind("IIHHIII", "off len sig stack_args name name_len wasm_index")
SIG = Kind("BBH128s", "params results stack_args types")
IMPORT = Kind("HHHHIIII", "kind call sig pad module module_len name name_len")
EXPORT = Kind("IIII", "name name_len kind index")
TABLE = Kind("IIII", "size max capacity type")
ELEM = Kind("IIIII", "mode table dest first count")
ENTRY = Kind("I", "ref")
SEGMENT = Kind("IIII", "mode dest first size")
PAGE, IMAGE_HEAD = 4096, 256
SPANS = [("text", None, PAGE), ("rodata", None, PAGE), ("data", None, PAGE),
         ("funcs", FUNC, 4), ("sigs", SIG, 4), ("imports", IMPORT, 4),
         ("exports", EXPORT, 4), ("tables", TABLE, 4), ("elems", ELEM, 4),
         ("entries", ENTRY, 4), ("segments", SEGMENT, 4), ("bytes", None, 1),
         ("names", None, 1)]
IMAGE = Kind("8s10I", "magic abi head_size size flags mem_min mem_max has_memory start_func "
             "data_mem_size reserved")


def span_field(name, what="off"):
    """Where the head holds the offset or count of a span."""
    at = IMAGE.form.size + 8 * [s[0] for s in SPANS].index(name)
    return at + (4 if what == "count" else 0)


def head_field(name):
    """Where the head holds one of its numbers."""
    return 8 + 4 * (IMAGE.names.index(name) - 1)


class Image:
    def __init__(self, data):
        self.head = IMAGE.read(data, 0)
        for i, (name, kind, _) in enumerate(SPANS):
            off, count = struct.unpack_from("<II", data, IMAGE.form.size + 8 * i)
            value = (kind.read_all(data, off, count) if kind
                     else bytearray(data[off:off + count]))
            setattr(self, name, value)
        self.patches = []  # (offset in the image, bytes)

    def pack(self):
        out, spans = bytearray(IMAGE_HEAD), []
        for name, kind, to in SPANS:
            value = getattr(self, name)
            out += bytes(align(len(out), to))
            spans.append((len(out), len(value)))
            out += b"".join(kind.write(r) for r in value) if kind else value
        self.head.size = len(out)
        out[:IMAGE.form.size] = IMAGE.write(self.head)
        for i, span in enumerate(spans):
            struct.pack_into("<II", out, IMAGE.form.size + 8 * i, *span)
        for off, data in self.patches:
            out[off:off + len(data)] = data
        return bytes(out)

    def patch32(self, off, value):
        self.patches.append((off, struct.pack("<I", value)))


# --- Booting ------------------------------------------------------------------
TIMEOUT = 60  # seconds
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOSTED = "--hosted" in sys.argv[1:]
if HOSTED:
    sys.argv.remove("--hosted")


def machine(memory, kernel):
    """QEMU's command for a machine without devices that starts this file by PVH
    and has COM1 on stdout. The tests' own, so that they need no builder."""
    return ["qemu-system-x86_64", "-M", "q35", "-m", memory, "-cpu", "max", "-accel", "tcg",
            "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", kernel]


def boot(kernel, bundle, line, memory, *more):
    """Start a system by PVH: (QEMU's exit code, console). bundle None: none.
    more: arguments of QEMU. In a process: memory in MiB, without them."""
    with tempfile.TemporaryDirectory() as folder:
        def save(name, data):
            path = os.path.join(folder, name)
            with open(path, "wb") as f:
                f.write(data)
            return path

        if HOSTED:
            argv = [os.path.join(ROOT, "out/bin/azoth-hosted"),
                    "--trust", save("trust", trust_in(kernel)),
                    "--memory", memory.removesuffix("M"), "--cmdline", line,
                    save("bundle", bundle or b"")]
        else:
            argv = [*machine(memory, save("kernel", kernel)), "-append", line, *more]
            if bundle is not None:
                argv += ["-initrd", save("bundle", bundle)]
        run = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=TIMEOUT)
    return run.returncode, run.stdout.decode("utf-8", "replace")


# --- Judging ------------------------------------------------------------------
ENDS = {33: "ok", 35: "failed", 37: "refused", 39: "panic", 41: "halted", 43: "rebooted"}


def subject():
    """Kernel and bundle of kernel/test/boot/subject.yaml, built first."""
    subprocess.run([os.path.join(ROOT, "tools/boot-systems"), "subject"], check=True,
                   stdout=subprocess.DEVNULL)
    path = os.path.join(ROOT, "out/boot/subject/subject")
    return tuple(open(f"{path}.{suffix}", "rb").read() for suffix in ("elf", "bundle"))


def module_ran(console):
    return bool(re.search(r"^\S+ [|!]\+? ", console, re.M)) or "start module=" in console


def why_not_refused(reasons, code, console):
    """What is wrong with an end that must be a refusal for one of the reasons
    (a|b), before any module ran; None: nothing."""
    if ENDS.get(code) != "refused":
        return f"exit {code} ({ENDS.get(code, 'unknown')}): {console[-300:]}"
    if not re.search(rf"refused reason=({reasons})(\s|$)", console):
        return f"wanted {reasons}: {console[-300:]}"
    return "a module ran" if module_ran(console) else None


def check_all(check, cases):
    """Two at a time: check(*case) is what is wrong with a case, whose first
    part is its name, or None. Ends the program with the sum."""
    def named(case):
        try:
            return case[0], check(*case)
        except subprocess.TimeoutExpired:
            return case[0], "no end within the time"

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, problem in pool.map(named, cases):
            passed, failed = passed + (problem is None), failed + (problem is not None)
            if problem is not None:
                print(f"not ok {name}: {problem}", flush=True)
    finish(passed, failed)


def finish(passed, failed):
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
