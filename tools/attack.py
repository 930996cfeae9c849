"""What the tools that attack the running kernel share.

A *subject* is an image, compiled from wat or assembled by hand; a *case* is a
subject, its argument and the end that it must come to. Thousands of instances
go into one bundle, which is signed again by forge's key. The variable KERNEL
names another kernel to boot than the one just built: one with a hole, whose
tests must fail (tools/boot-holes).
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import socket
import struct
import subprocess
import time

import forge
from forge import finish  # for those that import this

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = "out/boot/attacks"
SLOT = 1 << 33  # bytes of address space of an instance
WASI = "wasi_snapshot_preview1"
OOB, EXHAUSTED = "out of bounds memory access", "call stack exhausted"
ICOUNT = ("-icount", "shift=4,sleep=off")  # 16 ns an instruction
SLICE_MS = 10
PAGE = 65536
PER_BOOT = 1500  # instances; each needs some 200 KiB
ENDED_OK, ENDED_FAILED, ENDED_REFUSED = 33, 35, 37

# at: (address, bytes) of an access that traps, which the report must name.
Case = collections.namedtuple("Case", "subject argument want at", defaults=[None])


if "KERNEL" in os.environ:
    forge.TIMEOUT = 20  # a hole may be without end


def enter_tree():
    os.chdir(ROOT)
    os.makedirs(OUT, exist_ok=True)


def trap(kind):
    return f'trap="{kind}"'


def code(number):
    return f"end=exit code={number} "


# --- Building -----------------------------------------------------------------
def save(name, text):
    path = f"{OUT}/{name}"
    old = open(path).read() if os.path.exists(path) else None
    if old != text:
        with open(path, "w") as f:
            f.write(text)
    return path


def wasm(name, text):
    wat, out = save(name + ".wat", text), f"{OUT}/{name}.wasm"
    if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(wat):
        subprocess.run(["wat2wasm", "--debug-names", "-o", out, wat], check=True)
    return name + ".wasm"


def compiled(folder, source, *defines, server=False):
    """The module made of folder/SOURCE.c, with these macros; headers of the
    interfaces there are made too."""
    name = "-".join([source, *(d.replace("=", "") for d in defines)]).lower() + ".wasm"
    out, entry = f"{OUT}/{name}", ["-Wl,--no-entry"] if server else []
    headers = f"{OUT}/{os.path.basename(folder)}-headers"
    os.makedirs(headers, exist_ok=True)
    for wit in (w for w in os.listdir(folder) if w.endswith(".wit")):
        for side in ("client", "server"):
            subprocess.run(["out/bin/azoth", "bindings", f"--{side}", f"{folder}/{wit}", "-o",
                            f"{headers}/{wit[:-4]}.{side}.h"], check=True)
    subprocess.run(["packages/sdk/wasm-cc", *entry, "-O2", "-std=gnu2x", "-Wall", "-Wextra", "-Werror",
                    "-nostdlib", "-ffreestanding", "-mbulk-memory", *(f"-D{d}" for d in defines),
                    f"-I{headers}", "-o", f"{out}.{os.getpid()}", f"{folder}/{source}.c"], check=True)
    os.replace(f"{out}.{os.getpid()}", out)
    return name


def module(source, **keys):
    """A manifest's module: NAME: { key: value, ... }"""
    pairs = ", ".join(f"{k}: {v}" for k, v in {"source": source, **keys}.items())
    return "{ " + pairs + " }"


def build(name, modules, extra=""):
    """Kernel and bundle of {name: module}; both believe in forge's key when
    KERNEL names the kernel."""
    lines = "".join(f"  {n}: {m}\n" for n, m in modules.items())
    save(name + ".yaml", f"azoth: 1\nname: {name}\nimage: {{ memory: 64GiB }}\n{extra}modules:\n{lines}")
    done = subprocess.run(["out/bin/azoth", "build", "-q", "-f", f"{OUT}/{name}.yaml", "-o",
                           f"{OUT}/{name}", "--format", "pvh"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise AssertionError("build: " + done.stdout[-2000:])
    kernel, data = (open(f"{OUT}/{name}/{name}.{s}", "rb").read() for s in ("elf", "bundle"))
    if "KERNEL" in os.environ:
        kernel, data = trusting_kernel(), forge.Bundle(data).pack()
    return kernel, data


def trusting_kernel():
    """The kernel, for bundles that are signed with forge's key."""
    path = os.environ.get("KERNEL", "out/share/azoth/kernel.elf")
    with open(path, "rb") as f:
        return forge.kernel_trusting(f.read(), forge.trust_page([forge.KEY]))


def bundle(name, source, **keys):
    """A bundle of one instance, to be taken apart."""
    keys = {"memory": "64KiB", "stack": "16KiB", "args": '[ "0" ]', **keys}
    _, data = build(name, {"subject": module(source, **keys)})
    return forge.Bundle(data)


# --- Booting ------------------------------------------------------------------
def ends_of(console):
    return {m.group(1): m.group(2) for m in
            re.finditer(r" sup exit module=(\S+) (end=.* grow_refused=\d+)\r?$", console, re.M)}


def run(name, modules, memory="512M", extra="", *more):
    """Build and boot {name: module}; {name: its end}, console."""
    kernel, data = build(name, modules, extra)
    status, console = forge.boot(kernel, data, forge.Bundle(data).cmdline(), memory, *more)
    save(name + ".console", console)
    ends = ends_of(console)
    if status not in (ENDED_OK, ENDED_FAILED):
        raise AssertionError(f"exit {status}: {console[-400:]}")
    if set(ends) != set(modules):
        raise AssertionError(f"no end: {sorted(set(modules) - set(ends))[:5]}")
    return ends, console


def said(console):
    """{(module, word): number} of what the modules logged (trial_say)."""
    return {(m.group(1), m.group(2)): int(m.group(3)) for m in
            re.finditer(r"^(\S+) # info (\S+)=(-?\d+)\r?$", console, re.M)}


def ms(end):
    return int(re.search(r" ms=(\d+)", end).group(1))


def trapped(end, kind):
    return trap(kind) in end


def exited(end, number=0):
    return code(number) in end


def pack_cases(first, images, cases):
    """first's system with an instance for each case."""
    blobs = {}
    modules = []
    for i, case in enumerate(cases):
        if case.subject not in blobs:
            blobs[case.subject] = first.add_blob(images[case.subject][1])
        like = images[case.subject][0].modules[0]
        name, argument = first.add_text(f"c{i}"), first.add_text(case.argument)
        record = forge.copy(first.modules[0], name=name[0], name_len=name[1], args_count=2,
                            args=len(first.strings), blob=blobs[case.subject],
                            memory=like.memory, stack=like.stack)
        first.strings += [forge.types.SimpleNamespace(off=o, len=n) for o, n in (name, argument)]
        modules.append(record)
    first.modules = modules
    first.flatten_tree()
    return first.pack()


def boot_image(base, image):
    """Boot base's one module with this image: (exit status, console)."""
    base.modules[0].blob = base.add_blob(image)
    data = base.pack()
    return forge.boot(trusting_kernel(), data, base.cmdline(), "128M")


def names_place(wanted, place):
    """Whether the address reported is the first of those beyond the memory,
    or, in parts of what is accessed, another."""
    if wanted is None:
        return True
    start, width = max(wanted[0], PAGE), wanted[0] + wanted[1]
    return place != "" and start <= int(place, 16) < max(width, start + 1)


def end_wanted(case, i):
    """How the case must end as module i of its system, in slot i + 1."""
    return case.want(i + 1) if callable(case.want) else case.want


def run_batch(label, first, images, cases, again=True):
    """Boot one batch of cases: (number right, what is wrong). A serial port
    that waits for the host too long loses characters: a case whose lines are
    missing is tried once more."""
    data = pack_cases(forge.Bundle(first), images, cases)
    try:
        status, console = forge.boot(trusting_kernel(), data, forge.Bundle(data).cmdline(), "640M")
    except subprocess.TimeoutExpired:
        return 0, [f"{label}: no end within the time"]
    ends = ends_of(console)
    places = dict(re.findall(r" access module=(\S+) address=0x([0-9a-f]+)", console))
    if status not in (ENDED_OK, ENDED_FAILED):
        return 0, [f"{label}: exit {status}: {console[-400:]}"]
    lost = [c for i, c in enumerate(cases) if again and
            (f"c{i}" not in ends or (c.at and f"c{i}" not in places))]
    wrong = [f"{label}: {c.subject} {c.argument}: wanted {end_wanted(c, i)}: {ends.get(f'c{i}')}"
             for i, c in enumerate(cases) if c not in lost and
             (end_wanted(c, i) not in ends.get(f"c{i}", "") or
              not names_place(c.at, places.get(f"c{i}", "")))]
    if not re.search(r" frames_lost=0\b", console):
        wrong.append(f"{label}: frames are lost: {console[-100:]}")
    right = len(cases) - len(lost) - len(wrong)
    if lost:
        more, bad = run_batch(label, first, images, lost, again=False)
        right, wrong = right + more, wrong + bad
    return right, wrong


def run_cases(label, images, cases):
    """Boot all cases. images: {subject: (its bundle, image)}."""
    batches = [cases[i:i + PER_BOOT] for i in range(0, len(cases), PER_BOOT)]
    first = next(iter(images.values()))[0].pack()
    right, wrong = 0, []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done, bad in pool.map(lambda b: run_batch(label, first, images, b), batches):
            right += done
            wrong += bad
    return right, wrong


class Guest:
    """A running machine whose console is a file, and whose monitor answers."""

    def __init__(self, name, kernel, data, memory, shared=False, more=()):
        self.base = f"{OUT}/{name}"
        line = forge.Bundle(data).cmdline()
        # Its RAM is a file that can be read while it is stopped.
        ram = ["-object", f"memory-backend-file,id=ram,size={memory},share=on,mem-path="
                f"{self.base}.ram", "-machine", "memory-backend=ram"] if shared else []
        for suffix, content in (("elf", kernel), ("bundle", data)):
            with open(f"{self.base}.{suffix}", "wb") as f:
                f.write(content)
        self.path = f"{self.base}.guest.console"
        with open(self.path, "wb") as console:
            self.process = subprocess.Popen(
                [*forge.machine(memory, self.base + ".elf"), "-initrd", self.base + ".bundle",
                 "-append", line, "-qmp", f"unix:{self.base}.qmp,server=on,wait=off", *ram, *more],
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)
        self.until = time.time() + 300
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(self.base + ".qmp")
                break
            except OSError:
                self.check_alive()
                time.sleep(.02)
        self.talk = self.socket.makefile("rw")
        self.talk.readline()
        self.qmp("qmp_capabilities")

    def check_alive(self):
        if self.process.poll() is not None or time.time() > self.until:
            self.close()
            raise AssertionError(f"guest ended: {self.console()[-400:]}")

    def console(self):
        with open(self.path, errors="replace") as f:
            return f.read()

    def qmp(self, command, **arguments):
        self.talk.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.talk.flush()
        while True:
            answer = self.talk.readline()
            if not answer:
                raise AssertionError(f"guest ended: {self.console()[-400:]}")
            answer = json.loads(answer)
            if "error" in answer:
                raise AssertionError(f"{command}: {answer}")
            if "return" in answer:
                return answer["return"]

    def registers(self):
        return self.qmp("human-monitor-command", **{"command-line": "info registers"})

    def stop_settled(self):
        """Stop where a module runs or the CPU sleeps: while an instance is taken
        apart, which its last line comes before, neither is so."""
        while True:
            self.qmp("stop")
            text = self.registers()
            rip = re.search(r"RIP=([0-9a-f]+)", text)
            if "HLT=1" in text or (rip and SLOT <= int(rip.group(1), 16) < 1 << 47):
                return
            self.qmp("cont")
            self.check_alive()
            time.sleep(.002)

    def memory(self):
        """All of a shared RAM."""
        with open(f"{self.base}.ram", "rb") as f:
            return f.read()

    def close(self):
        self.process.kill()
        self.process.wait()


# --- Canaries: a mark and three digits ------------------------------------------
MARK = b"cAn4R"


def canaries(data):
    """Numbers of the canaries in data: {number: an address}."""
    return {m.group(1).decode(): m.start() for m in re.finditer(MARK + rb"([0-9]{3})", data)}


def canaries_in_registers(text):
    """Numbers of the canaries in the registers, printed as numbers."""
    words = re.findall("([0-9a-f]{6})" + MARK[::-1].hex(), text.lower())
    return {bytes.fromhex(word)[::-1].decode("ascii", "replace") for word in words}


# --- Machine code by hand -----------------------------------------------------
# Where things lie in a slot (abi/layout), seen by a linker that puts the text
# where the kernel does.
TEXT, DATA, MEMORY = 0x100000, 0x60000, 0x30100000
IMPORTS, HELPERS, THUNKS = 0x11000, 0x10000, 0x19000
HELPER_NAMES = ("mem_size", "mem_grow", "mem_fill", "mem_copy", "mem_init")

# arguments: rbx = the number before, rbp = the one behind the argument's ":".
ASSEMBLY_START = """
	.globl _start
_start:	mov $1024, %edi
	mov $2048, %esi
	call args_get
	mov $1028, %eax
	mov %eax, %eax
	mov (%r15,%rax), %ecx
	call f_hex
	mov %rdx, %rbx
	inc %ecx
	call f_hex
	mov %rdx, %rbp
	jmp go
stop:	mov %eax, %edi
	call proc_exit
9:	jmp 9b
"""
ASSEMBLY_HEX = """
f_hex:	xor %edx, %edx
1:	mov %ecx, %ecx
	movzbl (%r15,%rcx), %eax
	sub $48, %eax
	js 2f
	cmp $10, %eax
	je 2f
	jb 3f
	sub $39, %eax
3:	shl $4, %rdx
	add %rax, %rdx
	inc %ecx
	jmp 1b
2:	ret
"""


def assemble(name, text, symbols):
    """Machine code and [(function, offset, length)]: _start, and the labels
    that begin with f_ or e_."""
    path = save(name + ".s", text)
    subprocess.run(["as", "--64", "-o", path + ".o", path], check=True)
    subprocess.run(["ld", "-e", "0", f"-Ttext={TEXT:#x}", "-o", path + ".elf", path + ".o"]
                   + [f"--defsym={s}={at:#x}" for s, at in symbols.items()], check=True)
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", path + ".elf", path + ".bin"],
                   check=True)
    table = subprocess.run(["nm", "-n", "--defined-only", path + ".elf"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    with open(path + ".bin", "rb") as f:
        binary = f.read()
    starts = [(at, s) for at, kind, s in (line.split() for line in table.splitlines())
              if s == "_start" or s[:2] in ("f_", "e_")]
    starts = [(int(at, 16) - TEXT, s) for at, s in starts]
    edges = [at for at, _ in starts] + [len(binary)]
    return binary, [(s, at, end - at) for (at, s), end in zip(starts, edges[1:])]


def put_code(name, image, wat, text, places=None, data=b""):
    """Give an image the functions of text: _start, and all that are named f_...,
    f_begin being the start function, or e_..., which are exports of the wat.
    Symbols of imports are their names, helpers are h_..., t_plain is the thunk of
    functions without parameters; f_leaf is what the first entry of the table
    names. data: what its 4,096 bytes begin with."""
    imports = re.findall(r'\(import "[\w-]+" "(\w+)"', wat)
    plain = next(i for i, s in enumerate(image.sigs) if not s.params and not s.results)
    symbols = {"data": DATA, **(places or {}), **{n: IMPORTS + 32 * i for i, n in enumerate(imports)},
               **{"h_" + n: HELPERS + 16 * i for i, n in enumerate(HELPER_NAMES)},
               "t_plain": THUNKS + 64 * plain}
    image.text, functions = assemble(name, text, symbols)
    like, exports, sigs = image.funcs[0], {}, {}
    for e in (e for e in image.exports if e.kind == 0):
        label = bytes(image.names[e.name:e.name + e.name_len]).decode()
        label = label if label == "_start" else "e_" + label
        exports[label], sigs[label] = e, image.funcs[e.index].sig
    image.funcs = []
    for i, (function, off, size) in enumerate(functions):
        image.funcs.append(forge.copy(like, off=off, len=size, sig=sigs.get(function, plain),
                                      name_len=0, wasm_index=len(imports) + i, stack_args=0))
        if function in exports:
            exports[function].index = i
        if function == "f_begin":
            image.head.start_func = i
        if function == "f_leaf" and image.entries:
            image.entries[0].ref = i
    image.rodata, image.head.data_mem_size, image.data = b"", 4096, data
    return image.pack()


def assembled(name, wat, text, places=None, values=(), **keys):
    """(bundle, image) of one module made of text (put_code), with the imports,
    table and memory of the wat; the second half of the data's page holds the values."""
    base = bundle(name, wasm(name, wat), **keys)
    image = forge.Image(base.raw(base.modules[0].blob))
    data = bytes(2048) + struct.pack(f"<{len(values)}d", *values)
    return base, put_code(name, image, wat, text, places, data)


# --- Counting -----------------------------------------------------------------
def options(text, **more):
    """What every such tool takes: a word, a count, a ledger. more: --NAME of
    its own, and the type."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("word", nargs="?", default="", help="run those whose name holds it")
    parser.add_argument("-n", type=int, help="how many of each")
    parser.add_argument("-l", action="store_true", help="add a line to the ledger")
    parser.add_argument("--seed", type=int, default=1)
    for name, kind in more.items():
        parser.add_argument("--" + name, type=kind)
    return parser.parse_args()


def note(name, seed, count, result, since):
    """One line of tools/ledger.jsonl for a campaign."""
    commit = subprocess.run(["git", "describe", "--always"], text=True,
                            stdout=subprocess.PIPE).stdout.strip()
    # The ledger itself does not count.
    if subprocess.run(["git", "diff", "--quiet", "HEAD", "--", ".", ":!tools/ledger.jsonl"],
                      check=False).returncode != 0:
        commit += "-dirty"
    name += " --hosted" if forge.HOSTED else ""
    line = {"name": name, "commit": commit, "seed": seed, "count": count, "result": result,
            "seconds": round(time.time() - since)}
    with open("tools/ledger.jsonl", "a") as f:
        f.write(json.dumps(line) + "\n")
