"""The rows of hostile whose lies are in the image of the first module."""
from forge import ABI, SPANS, Image, copy, head_field, span_field
from hostile import IMAGE, IMPORT, MEMORY, MIB, NONE, RUNS, U32, edges, row, rows


def image_row(name, reason, damage):
    def apply(b):
        image = Image(b.raw(0))
        damage(image)
        b.set_blob(0, image.pack())
    rows.append((f"image {name}", reason, apply))


def image_lies(reason, **fields):
    for field, values in fields.items():
        for value in edges(values):
            image_row(f"{field}={value:#x}", reason, lambda i, f=field, v=value:
                      i.patch32(head_field(f), v))


image_lies("abi-version", abi=[ABI - 1, ABI + 1])
for off in (-1, 1):
    image_row(f"image of {off:+} bytes", IMAGE,
              lambda i, off=off: i.patch32(head_field("size"), i.head.size + off))
image_lies(IMAGE, head_size=[0, 255, 257], size=[0, 8192, NONE], flags=[1], reserved=[1],
           mem_min=[5, 65536, NONE], mem_max=[1, 65536, NONE], has_memory=[0, 2],
           start_func=[4, 3 + 0x80000000, 0], data_mem_size=[0, 23, 0x20001, NONE])
for field, _, to in SPANS:
    for value in (0, to // 2 + 257, NONE - to + 1):
        image_row(f"{field} at {value:#x}", IMAGE, lambda i, f=field, v=value:
                  i.patch32(span_field(f), v))
    for value in (0x0fffffff, NONE):
        image_row(f"{field} of {value:#x}", IMAGE, lambda i, f=field, v=value:
                  i.patch32(span_field(f, "count"), v))


def record_lies(reason, span, position=0, **fields):
    for field, values in fields.items():
        for value in edges(values):
            image_row(f"{span}[{position}].{field}={value:#x}", reason,
                      lambda i, s=span, p=position, f=field, v=value:
                      setattr(getattr(i, s)[p], f, v))


record_lies(IMAGE, "funcs", off=[1, 16, NONE], len=[0, 1, NONE], sig=[4, 0xffff],
            stack_args=[8, 0xffff], name=[NONE], name_len=[99, NONE])
record_lies(IMAGE, "funcs", position=2, off=[0, 143, NONE], sig=[0, 1, 2], len=[0, NONE])
record_lies(IMAGE, "funcs", position=3, off=[0, 200], sig=[0, 1], len=[0, 0x7fffffff, NONE])
record_lies(IMAGE, "sigs", params=[0, 2, 65, 255], results=[0, 2, 3, 17, 255],
            stack_args=[8, 65528])
record_lies(IMPORT, "imports", kind=[0, 2, 0xffff], call=[0, 13, 47, 48, 0xffff],
            sig=[2, 3, 4, 0xffff], pad=[1])
record_lies(IMAGE, "exports", name=[NONE], name_len=[99, NONE], kind=[1, 4, NONE], index=[4, NONE])
record_lies(IMAGE, "tables", size=[9, 1 << 20, NONE], max=[0, 3], capacity=[0, 1 << 21, NONE],
            type=[0, 0x7f, 0x6f, 0x170, NONE])
record_lies(IMAGE, "elems", mode=[1, 2, 3, NONE], table=[1, NONE], first=[3, NONE], count=[3, NONE])
record_lies(IMAGE, "entries", ref=[4, 0x80000002, 0x7fffffff, 0xfffffffe])
record_lies(IMAGE, "segments", mode=[2, NONE], first=[12, NONE], size=[12, NONE])
record_lies(IMAGE, "segments", position=1, dest=[1], mode=[2])


def more(span, number, /, **changes):
    """Append copies of a span's first record."""
    def damage(image):
        records = getattr(image, span)
        records += [copy(records[0], **changes)] * number
    return damage


image_row("65,537 exports", IMAGE, more("exports", 65536))
image_row("1,025 imports", IMAGE, more("imports", 1023))
image_row("1,024 imports", RUNS, more("imports", 1022))
image_row("65 tables", IMAGE, more("tables", 64))
image_row("64 tables", RUNS, more("tables", 63, size=0, capacity=0))
image_row("65,537 segments", IMAGE, more("segments", 65536, size=0, first=0))
image_row("a type twice", IMAGE, more("sigs", 1))
image_row("4,097 types", IMAGE, more("sigs", 4096))
image_row("65,537 elements", IMAGE, more("elems", 65536, count=0))


def no_start(image):
    image.exports = [e for e in image.exports if e.kind == 2]


def start_import(image):
    for e in image.exports:
        e.index = 0x80000000 if e.kind == 0 else 0


def start_types(image):
    for e in image.exports:
        e.index = 0 if e.kind == 0 else 0


def table_of(size):
    def damage(image):
        image.tables = [copy(image.tables[0], size=size, max=NONE, capacity=size)]
    return damage


def text_of(size):
    def damage(image):
        image.funcs[-1].len += size - len(image.text)
        image.text += b"\xcc" * (size - len(image.text))
    return damage


def code_of(code):
    def damage(image):
        image.text[:len(code)] = code
    return damage


def names_of(text):
    def damage(image):
        image.names += text
    return damage


def ungranted(image):
    image.imports[0].call, image.imports[0].sig = 47, 0
    del image.imports[1]


image_row("without _start", IMAGE, no_start)
image_row("_start is an import", IMAGE, start_import)
image_row("_start takes values", IMAGE, start_types)
image_row("table of 2^20", RUNS, table_of(1 << 20))
image_row("table of 2^20+1", IMAGE, table_of((1 << 20) + 1))
image_row("text of 140 MiB", MEMORY, text_of(140 * MIB))
image_row("names not UTF-8", IMAGE, names_of(b"\xff"))
image_row("names with a newline", IMAGE, names_of(b"\nazoth 0.0 info sup forged"))
image_row("names with an escape", IMAGE, names_of(b"\x1b[2J"))
for what, code in [("hlt", b"\xf4"), ("rdtsc", b"\x0f\x31"), ("out", b"\xe6\x80"),
                   ("wrmsr", b"\x0f\x30"), ("a wild store", b"\x89\x08"),
                   ("jmp *%rax", b"\xff\xe0"), ("pop of the return address", b"\x58"),
                   ("mov %rax,%r15", b"\x49\x89\xc7"), ("mov %rax,%rsp", b"\x48\x89\xc4"),
                   ("lea 8(%rsp),%rax", b"\x48\x8d\x44\x24\x08"),
                   ("a call of no stub", b"\xe8\0\0\0\0"), ("jmp out", b"\xe9\0\x10\0\0")]:
    image_row(f"code: {what}", "code", code_of(code))
image_row("bytes in a gap", IMAGE, lambda i: i.patches.append((300, b"x")))
image_row("bytes in the pad", IMAGE, lambda i: i.patches.append((255, b"x")))
image_row("memory of 4 GiB", MEMORY, lambda i: (setattr(i.head, "mem_min", 65535),
                                                setattr(i.head, "mem_max", 65535)))


@row(IMPORT)
def azoth_log_without_its_grant(b):
    b.modules[1].grants_count = 0
    del b.grants[5]


@row(MEMORY)
def memory_granted_and_not_there(b):
    image = Image(b.raw(0))
    image.head.mem_min = image.head.mem_max = 65535
    b.set_blob(0, image.pack())
    b.modules[0].memory = U32


@row(MEMORY)
def stacks_of_64_MiB(b):
    for m in b.modules:
        m.stack = 64 * MIB
