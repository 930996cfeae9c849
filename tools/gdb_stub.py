"""Just enough of gdb's remote protocol to look into a stopped guest."""
import re
import socket
import struct
import sys

TIMEOUT = 60  # seconds


class Gdb:
    """A connection to QEMU's -gdb: stop at an address, read."""

    def __init__(self, path):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.settimeout(TIMEOUT)
        self.link.connect(path)

    def ask(self, text):
        self.link.sendall(b"$%s#%02x" % (text.encode(),
                                         sum(text.encode()) & 255))
        reply = b""
        while not re.search(rb"\$[^#]*#..$", reply):
            part = self.link.recv(4096)
            if not part:
                sys.exit("gdb_stub: the guest ended before its breakpoint")
            reply += part
        self.link.sendall(b"+")
        return reply[reply.index(b"$") + 1:-3].decode()

    def run_to(self, addr):
        self.ask("Z1,%x,1" % addr)
        self.ask("c")

    def word(self, addr):
        return struct.unpack("<I", bytes.fromhex(self.ask("m%x,4" % addr)))[0]
