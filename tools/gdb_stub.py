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
        self.seen = b""

    def packet(self):
        while not (found := re.search(rb"\$([^#]*)#..", self.seen)):
            part = self.link.recv(4096)
            if not part:
                sys.exit("gdb_stub: the guest ended before its breakpoint")
            self.seen += part
        self.seen = self.seen[found.end():]
        self.link.sendall(b"+")
        return found[1].decode()

    def ask(self, text):
        """The answer. That the guest has stopped is said by itself too: only
        `?` and `c` are answered by it."""
        self.link.sendall(b"$%s#%02x" % (text.encode(),
                                         sum(text.encode()) & 255))
        reply = self.packet()
        while reply[:1] in ("T", "S") and text not in ("?", "c"):
            reply = self.packet()
        return reply

    def run_to(self, addr):
        self.ask("Z1,%x,1" % addr)
        self.ask("c")

    def word(self, addr):
        return struct.unpack("<I", bytes.fromhex(self.ask("m%x,4" % addr)))[0]
