"""Systems that are signed by a trusted key and hostile in their index.

Every row of `rows` is a name, the reason for which the kernel must refuse ("runs":
it must not), and what is done to a fresh Bundle of kernel/test/boot/subject.yaml.
A tool that imports this takes --all: a row for every value of a field instead of
the least and the largest. Images are hostile_image's.
"""
import struct
import sys

import forge
from forge import Image, Key, copy

NONE, U32, KIB, MIB = 0xffffffff, 1 << 32, 1 << 10, 1 << 20
TREE, CHANNEL = "tree-format", "channel-format"
INDEX, LIMIT, IMAGE, IMPORT = "index-format", "index-limit", "image-format", "image-import"
FILES, GRANT, SIZE, MEMORY = "files-format", "grant-format", "bundle-size", "memory"
INFLATE, HASH, RUNS = "blob-inflate", "blob-hash", "runs"
ALL = "--all" in sys.argv[1:]
if ALL:
    sys.argv.remove("--all")

# --- Single fields ------------------------------------------------------------
rows = []


def edges(values):
    return values if ALL else sorted({values[0], values[-1]})


def lies(table, reason, position=0, **fields):
    """A row for each value of each field of a record."""
    for field, values in fields.items():
        for value in edges(values):
            def damage(b, field=field, value=value):
                record = getattr(b, table)[position]
                setattr(record, field, value)
            rows.append((f"{table}[{position}].{field}={value:#x}", reason, damage))


def row(reason, name=None):
    """Make a function of the bundle a row."""
    def add(damage):
        rows.append((name or damage.__name__.replace("_", " "), reason, damage))
        return damage
    return add


lies("system", INDEX, name=[0xffffff00, 99999], name_len=[0, 64, NONE],
     version=[99999], version_len=[64, NONE], cmdline=[99999, NONE], cmdline_len=[1025, NONE],
     flags=[2, NONE], reserved=[1, NONE])
lies("blobs", LIMIT, stored_size=[0])
lies("blobs", SIZE, stored_size=[2000, U32, (1 << 64) - 1])
lies("blobs", INFLATE, raw_size=[0, 1, 20 * KIB])
lies("blobs", LIMIT, raw_size=[16 * MIB, (1 << 30) + 1, 1 << 40, (1 << 64) - 1])
lies("blobs", INDEX, codec=[2, NONE], reserved=[1])
lies("blobs", INDEX, position=1, raw_size=[0, 13, 15])
lies("modules", INDEX, name=[NONE], name_len=[0, 64, NONE], version=[NONE],
     version_len=[64], args=[7, NONE], args_count=[7, NONE], env_count=[99, NONE],
     blob=[4, NONE], stdin_kind=[3, NONE], stdin_blob=[4, NONE], restart=[3], priority=[3], expect=[2],
     memory=[1, 65537, U32 + 65536, 1 << 63], stack=[0, 1, 4096, 8193, 64 * MIB + 4096, 1 << 63],
     cpu_budget=[0, 20000001], cpu_period=[0, 1], flags=[1], watchdog=[3600001, NONE])
lies("modules", INDEX, position=1, stdin_blob=[1], name=[NONE], priority=[2])
lies("modules", LIMIT, grants_count=[129, NONE])
lies("modules", GRANT, grants_count=[0, 4, 6, 64], grants=[1, NONE])
lies("modules", MEMORY, memory=[0, 65536])
lies("modules", IMAGE, blob=[1, 3])
lies("strings", INDEX, off=[99999, NONE], len=[99999, NONE])
lies("grants", GRANT, kind=[0, 2, 3, 4, 6, NONE], reserved=[1], value=[0, 5, U32, 1 << 63],
     text=[1], text_len=[1])
lies("grants", GRANT, position=3, value=[1, NONE, U32], text=[0, NONE], text_len=[0, 4097, NONE])
lies("grants", GRANT, position=4, value=[0, 4, U32 + 1])
lies("nodes", TREE, name=[NONE], name_len=[0, 64], parent=[1, NONE], kind=[1, NONE], module=[1],
     strategy=[3], intensity=[1, 1025, NONE], escalate=[2], backoff_min=[1], backoff_max=[1])
lies("nodes", TREE, position=1, name=[1], name_len=[1], parent=[1, 2, NONE], kind=[0, 2],
     module=[1, 2, NONE], strategy=[1], intensity=[1], escalate=[1], period=[1],
     backoff_min=[1], backoff_max=[1])
lies("filesets", FILES, name_len=[0, 64, NONE], files=[1, NONE], files_count=[0, 1, 6, NONE],
     blob=[4, NONE], reserved=[1])
lies("files", FILES, name=[NONE], name_len=[1], target_len=[1], kind=[0, 2, 3, 4, NONE],
     parent=[1, NONE], off=[1], size=[1])
lies("files", FILES, position=1, name_len=[0, NONE], target_len=[1, NONE], kind=[0, 1, 3, 4],
     parent=[1, 2, NONE], off=[15, 29, (1 << 64) - 1], size=[29, (1 << 64) - 1])
lies("files", FILES, position=4, target_len=[0, 4097, NONE], parent=[1, 4, NONE], size=[1])


# Legal, however odd: what is computed from them must not wrap.
LARGE = [1 << 63, (1 << 64) - 2, (1 << 64) - 1]
lies("system", RUNS, serial=LARGE, epoch=LARGE, memory=[0, *LARGE])
lies("modules", RUNS, deadline=LARGE, memory=[U32])
lies("grants", RUNS, position=1, value=[1, *LARGE])
for large in LARGE:
    def no_limit(b, ns=large):
        b.modules[0].cpu_budget = b.modules[0].cpu_period = ns
        b.modules[1].cpu_budget, b.modules[1].cpu_period = ns - 1, ns
    rows.append((f"cpu budget of {large:#x}", RUNS, no_limit))


# --- The index as a whole -----------------------------------------------------
def index_lies():
    for name, off, value, reason in [
            ("magic", 0, 0, INDEX), ("size", 8, 0, INDEX), ("size", 8, NONE, INDEX),
            ("abi", 12, forge.ABI - 1, "abi-version"), ("abi", 12, forge.ABI + 1, "abi-version"),
            ("kinds", 16, forge.KINDS - 1, INDEX), ("kinds", 16, NONE, INDEX), ("reserved", 20, 1, INDEX)]:
        rows.append((f"index {name}={value:#x}", reason,
                     lambda b, o=off, v=value: b.patches.append((o, struct.pack("<I", v)))))
    for kind in range(forge.KINDS):
        for value in (0, 96, NONE - 7):
            rows.append((f"table {kind} at {value:#x}", INDEX, lambda b, k=kind, v=value:
                         b.patches.append((24 + 8 * k, struct.pack("<I", v)))))
        for value in (70000, NONE):
            rows.append((f"table {kind} of {value:#x}", f"{INDEX}|{LIMIT}", lambda b, k=kind, v=value:
                         b.patches.append((28 + 8 * k, struct.pack("<I", v)))))


index_lies()


@row(RUNS)
def as_it_is(b):
    pass


@row("unknown-key")
def key_id_of_another_key(b):
    b.head_patches.append((24, Key("somebody else").id))


@row("unknown-key")
def another_key(b):
    b.key = Key("somebody else")


@row("index-signature")
def signature_of_another_key(b):
    b.head_patches.append((64, Key("somebody else").sign(b.index())))


@row("index-signature")
def signature_negated(b):
    s = int.from_bytes(b.key.sign(b.index())[32:], "big")
    b.head_patches.append((96, (s + 1).to_bytes(32, "big")))


for number, value in [("0", 0), ("n", forge.N), ("2^256-1", (1 << 256) - 1)]:
    for part, offset in [("r", 64), ("s", 96)]:
        rows.append((f"signature {part}={number}", "index-signature", lambda b, o=offset, v=value:
                     b.head_patches.append((o, v.to_bytes(32, "big")))))


@row(SIZE)
def bytes_behind_the_last_blob(b):
    b.tail = b"more"


@row(SIZE)
def empty_blobs_pass_the_end(b):
    b.blobs[-1].stored_size += 1


@row(INDEX)
def text_not_utf8(b):
    b.text += b"\xc3\x28"


@row(INDEX)
def text_overlong(b):
    b.text += b"\xc0\x80"


@row(INDEX)
def text_with_nul(b):
    b.text += b"a\0b"


@row(INDEX)
def text_with_surrogate(b):
    b.text += b"\xed\xa0\x80"


@row(INDEX)
def text_cut_in_a_character(b):
    off, _ = b.add_text("\u20ac uro")
    b.modules[0].version, b.modules[0].version_len = off + 1, 3


def named(b, name, position=0):
    m = b.modules[position]
    m.name, m.name_len = b.add_text(name)


for bad in ["azoth", "UPPER", "a b", "a/b", "-a", "_a", "a\n", "\u00e9", "a=b", "a" * 64, "a\u202eb"]:
    rows.append((f"module named {bad[:20]!r}", INDEX, lambda b, n=bad: named(b, n)))


@row(INDEX)
def two_modules_of_one_name(b):
    named(b, "alpha", 1)


for bad in ["no-equals", "=value", "", "="]:
    def env(b, text=bad):
        b.strings.append(copy(b.strings[0]))
        b.strings[-1].off, b.strings[-1].len = b.add_text(text)
        b.modules[0].env, b.modules[0].env_count = len(b.strings) - 1, 1
    rows.append((f"env {bad!r}", INDEX, env))


@row(LIMIT)
def too_many_args(b):
    b.modules[0].args, b.modules[0].args_count = 0, 257
    b.strings += [b.strings[0]] * 300


@row(LIMIT)
def args_of_a_gigabyte(b):
    off, size = b.add_text("x" * (512 * KIB))
    b.strings += [copy(b.strings[0], off=off, len=size)] * 256
    b.modules[0].args, b.modules[0].args_count = len(b.strings) - 256, 256


# --- Command lines, signed ----------------------------------------------------
for text in ["nosig=1", "console=none", "console=serial,serial", "log=debug log=debug",
             "console=serial  log=info", " console=serial", "console=", "log", "=", "x" * 1024,
             "console=serial log=\u00e9"]:
    def signed_line(b, text=text):
        b.system[0].cmdline, b.system[0].cmdline_len = b.add_text(text)
    rows.append((f"command line {text[:24]!r}", "command-line", signed_line))


# --- Blobs --------------------------------------------------------------------
@row(HASH)
def blobs_swapped_bytes_only(b):
    b.stored[0], b.stored[2] = b.stored[2], b.stored[0]
    b.blobs[0].stored_size, b.blobs[2].stored_size = map(len, (b.stored[0], b.stored[2]))


@row(RUNS)
def blobs_swapped_with_their_records(b):
    for table in (b.stored, b.blobs):
        table[0], table[2] = table[2], table[0]
    b.modules[0].blob, b.modules[1].blob = 2, 0


@row(IMPORT)
def blobs_swapped_and_signed(b):
    # alpha's code in beta, which has no power but log: what it imports it may.
    for table in (b.stored, b.blobs):
        table[0], table[2] = table[2], table[0]
    # beta's image now runs as alpha, without the grant it imports
    b.modules[0].grants_count, b.modules[1].grants = 0, 0
    b.grants = [b.grants[5]]


@row(INFLATE)
def bomb(b):
    b.set_blob(0, bytes(250 * MIB), raw_size=b.blobs[0].raw_size)


@row(INFLATE)
def one_byte_less(b):
    b.blobs[0].raw_size -= 1


@row(INFLATE)
def one_byte_more(b):
    b.blobs[0].raw_size += 1


@row(IMAGE)
def bomb_of_its_size(b):
    b.set_blob(0, bytes(32 * MIB))


@row(MEMORY)
def bomb_beyond_memory(b):
    b.set_blob(0, bytes(200 * MIB))


@row(LIMIT)
def image_beyond_its_limit(b):
    b.set_blob(0, bytes(257 * MIB))


@row(INFLATE)
def stream_cut(b):
    b.set_blob(0, None, raw_size=b.blobs[0].raw_size, stored=b.stored[0][:-1])


@row(INFLATE)
def stream_with_a_tail(b):
    b.set_blob(0, None, raw_size=b.blobs[0].raw_size, stored=b.stored[0] + b"\0")


@row(INFLATE)
def stream_with_wrong_adler(b):
    wrong = b.stored[0][:-1] + bytes([b.stored[0][-1] ^ 1])
    b.set_blob(0, None, raw_size=b.blobs[0].raw_size, stored=wrong)


@row(INFLATE)
def stream_with_dictionary(b):
    z = forge.zlib.compressobj(zdict=b.raw(0)[:4096])
    b.set_blob(0, None, raw_size=b.blobs[0].raw_size, stored=z.compress(b.raw(0)) + z.flush())


@row(INFLATE)
def stream_raw(b):
    z = forge.zlib.compressobj(wbits=-15)
    b.set_blob(0, None, raw_size=b.blobs[0].raw_size, stored=z.compress(b.raw(0)) + z.flush())


@row(INFLATE)
def stream_gzip(b):
    z = forge.zlib.compressobj(wbits=31)
    b.set_blob(0, None, raw_size=b.blobs[0].raw_size, stored=z.compress(b.raw(0)) + z.flush())


@row(RUNS)
def image_stored(b):
    b.set_blob(0, b.raw(0), codec=0)


@row(INFLATE)
def blob_of_nothing(b):
    b.set_blob(0, None, raw_size=0, stored=b"")


@row(IMAGE)
def blob_of_nothing_stored(b):
    b.set_blob(0, b"", codec=0)


@row(RUNS)
def many_blobs(b):
    for _ in range(16384 - 4):
        b.blobs.append(copy(b.blobs[0]))
        b.stored.append(b"")
        b.blobs[-1].stored_size = b.blobs[-1].raw_size = b.blobs[-1].codec = 0
        b.blobs[-1].sha256 = forge.hashlib.sha256(b"").digest()


@row(LIMIT)
def too_many_blobs(b):
    many_blobs(b)
    b.blobs.append(copy(b.blobs[-1]))


# --- Modules and files in number ----------------------------------------------
def clones(b, count):
    """`count` modules more, of an image that only returns."""
    image = Image(b.raw(2))
    image.imports, image.segments = [], []
    image.text = bytearray(b"\x90" * len(image.text))
    for f in image.funcs:
        image.text[f.off + f.len - 1] = 0xc3
    b.set_blob(2, image.pack())
    b.grants = b.grants[:5]
    b.modules = b.modules[:1]
    for i in range(count):
        off, size = b.add_text(f"m{i}")
        b.modules.append(copy(b.modules[0], name=off, name_len=size, blob=2, grants=0,
                              grants_count=0, args_count=0, env_count=0, stdin_kind=0,
                              stdin_blob=0, memory=65536, stack=8192))
    b.flatten_tree()


@row(MEMORY)
def modules_4096(b):
    clones(b, 4095)


@row(LIMIT)
def modules_4097(b):
    clones(b, 4096)


@row(LIMIT)
def modules_10000(b):
    clones(b, 10000)


def crowd(b, count, deep):
    """A fileset of `count` entries: in one folder, or each in the one before."""
    root = b.files[0]
    b.files = [root]
    for i in range(1, count):
        off, size = b.add_text(f"{i:08d}")
        b.files.append(copy(root, name=off, name_len=size, parent=i - 1 if deep else 0))
    b.filesets[0].files_count = count


@row(RUNS)
def files_65536(b):
    crowd(b, 65536, deep=False)


@row(RUNS)
def folders_65536_deep(b):
    crowd(b, 65536, deep=True)


@row(LIMIT)
def files_65537(b):
    crowd(b, 65537, deep=False)


for bad in ["..", ".", "a/b", "", "a\n", "a\u0085", "/"]:
    def file_name(b, text=bad):
        b.files[1].name, b.files[1].name_len = b.add_text(text)
    rows.append((f"file named {bad!r}", FILES, file_name))

for bad in ["docs", "", "//", "/docs/", "/a/../b", "/a//b", "/./a", "/\u0007"]:
    def mount(b, text=bad):
        b.grants[3].text, b.grants[3].text_len = b.add_text(text)
    rows.append((f"mounted at {bad!r}", GRANT, mount))


def mounts(b, count):
    for i in range(count):
        off, size = b.add_text(f"/m{i}")
        b.grants.insert(4, copy(b.grants[3], text=off, text_len=size))
    b.modules[0].grants_count += count
    b.modules[1].grants += count


rows.append(("59 mounts more", f"{RUNS}|{LIMIT}|{GRANT}", lambda b: mounts(b, 59)))
rows.append(("124 mounts more", LIMIT, lambda b: mounts(b, 124)))


@row(RUNS)
def image_is_stdin_and_files_too(b):
    b.modules[0].stdin_blob = 0
    b.filesets[0].blob = 0


@row(FILES)
def files_unsorted(b):
    b.files[1], b.files[2] = b.files[2], b.files[1]


@row(FILES)
def file_twice(b):
    b.files[2].name, b.files[2].name_len = b.files[1].name, b.files[1].name_len


@row(GRANT)
def grant_twice(b):
    b.grants[1] = copy(b.grants[0])


# --- Channels: alpha is module 0, beta 1 ----------------------------------------
SIGNAL, CALL, WRITE, READ = 3, 1, 2, 4


def signal(b, **lies):
    b.add_channel("bell", SIGNAL, 0, [1], (WRITE, READ))
    vars(b.channels[-1]).update(lies)


def calls(b, name, server, client):
    b.add_channel(name, CALL, server, [client], (0, CALL))


rows.append(("a signal between them", RUNS, signal))
for field, values in {"type": [0, 1, 2, 4, NONE], "flags": [1, 4, NONE], "owner": [1, 2, NONE],
                      "queue": [1, NONE], "peers": [1, NONE], "peers_count": [0, 1, 3, NONE],
                      "methods": [1], "methods_count": [1, NONE], "timeout": [1, 1 << 63],
                      "size": [4096, NONE], "record": [8], "name_len": [0, 64, NONE]}.items():
    for value in values:
        rows.append((f"channel {field}={value:#x}", CHANNEL,
                     lambda b, f=field, v=value: signal(b, **{f: v})))


@row(CHANNEL)
def channel_twice(b):
    signal(b)
    signal(b)


@row(CHANNEL)
def calls_in_a_circle(b):
    calls(b, "there", 0, 1)
    calls(b, "back", 1, 0)


@row(IMAGE)
def a_server_that_is_a_command(b):
    calls(b, "there", 0, 1)


@row(CHANNEL)
def ends_of_one_module(b):
    b.add_channel("bell", SIGNAL, 0, [0], (WRITE, READ))


@row(LIMIT)
def channels_4097(b):
    for i in range(4097):
        b.add_channel(f"c{i}", SIGNAL, 0, [1], (WRITE, READ))


@row(GRANT)
def grants_of_another(b):
    b.modules[1].grants = 0
