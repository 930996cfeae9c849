"""What can be told of files without running them: sizes, lines, images."""
import os
import re
import struct
import zlib


def loaded_size(path):
    """Bytes of memory that the program headers of an ELF64 file ask for."""
    with open(path, "rb") as f:
        image = f.read()
    at, = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    heads = [struct.unpack_from("<IIQQQQQQ", image, at + n * size)
             for n in range(count)]
    return sum(head[6] for head in heads if head[0] == 1)


# Has a budget of its own, comments and tables included.
VERIFIER = re.compile(r"^kernel/verify/(code|x86_64/)")


def kernel_lines(pick=lambda path: not VERIFIER.search(path)):
    """The kernel's own sources, without tests, fake arch and hosted runner, or
    a part of them: all lines, and those of code, neither empty nor comment
    alone."""
    paths = [os.path.join(folder, name)
             for folder, _, names in os.walk("kernel") for name in names]
    ours = "".join(
        open(path).read() for path in paths if re.search(r"\.[chS]$", path)
        and not re.search(r"/(linux/|test/|test_|fuzz_)", path)
        and pick(path))
    code = re.sub(r"/\*.*?\*/", "", ours, flags=re.DOTALL)
    return ours.count("\n"), len(re.findall(r"^.*\S", code, re.M))


def layer_lines():
    """Lines of code by layer, ground first, as kernel_lines counts them."""
    with open("kernel/layers") as f:
        layers = re.findall(r"^(\w+):", f.read(), re.M)
    for layer in layers:
        yield layer, kernel_lines(
            lambda path: path.startswith("kernel/%s/" % layer)
            and not VERIFIER.search(path))[1]


def largest_blob(bundle):
    """The largest blob of a bundle, inflated (abi/index.h)."""
    with open(bundle, "rb") as f:
        data = f.read()
    index = 128
    off, count = struct.unpack_from("<II", data, index + 24 + 8)
    at = index + struct.unpack_from("<I", data, index + 8)[0]
    best = b""
    for n in range(count):
        stored, _, codec = struct.unpack_from("<QQI", data,
                                              index + off + n * 56)
        blob = data[at:at + stored]
        best = max(best, zlib.decompress(blob) if codec else blob, key=len)
        at += stored
    return best
