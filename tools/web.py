"""Examples with a web server for tools that boot them: built, and asked."""
import asyncio
import shutil
import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AZOTH = ROOT / "out/bin/azoth"
CARDS = ["virtio-net", "e1000"]
DEVICES = {"virtio-net": "virtio-net-pci", "e1000": "e1000"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def example(folder, name, edit=lambda manifest: manifest):
    """A copy of an example with its modules, its manifest edited: its folder."""
    work = folder / "examples" / name
    shutil.copytree(ROOT / "examples" / name, work,
                    ignore=shutil.ignore_patterns("build", "out"))
    for link in ("packages", "kernel", "out"):
        if not (folder / link).exists():
            (folder / link).symlink_to(ROOT / link)
    subprocess.run(["make", "-s", "-C", work], check=True)
    manifest = work / "azoth.yaml"
    manifest.write_text(edit(manifest.read_text()))
    return work


def build(card, folder, edit=lambda manifest: manifest, files=()):
    """examples/web with this card in place of its own, its manifest edited, with
    {name: bytes} beside its files: where its kernel is; X.bundle lies beside."""
    work = example(folder, "web", lambda text: edit(text.replace("virtio-net", card)))
    for name, content in dict(files).items():
        (work / "files" / name).write_bytes(content)
    subprocess.run([AZOTH, "build", "-q", "-C", work, "-o", folder / "web"],
                   check=True)
    return folder / "web" / "web.elf"


async def answers(port, path):
    """Whether it does so soon. Nothing of the connection stays."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), .5)
        return True
    except (OSError, EOFError, asyncio.TimeoutError):
        return False
    finally:
        writer.close()


async def serves(port, path):
    """Wait for an answer."""
    while not await answers(port, path):
        await asyncio.sleep(.05)


class Client:
    """Connections that ask one thing after the other, and what became of it."""

    def __init__(self, port, wanted, timeout=30):
        self.port, self.wanted, self.timeout = port, wanted, timeout
        self.answered = self.wrong = self.broken = self.failed = 0
        self.connected = self.late = self.slow = 0
        self.longest = 0.0
        self.over = False

    async def ask(self, reader, writer, path):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: azoth\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        body = await reader.readexactly(int(fields[b"content-length"]))
        if not head.startswith(b"HTTP/1.1 200 ") or body != self.wanted[path]:
            self.wrong += 1
        self.answered += 1

    async def use(self, reader, writer, paths):
        """One connection, to its end."""
        clock = asyncio.get_running_loop().time
        while not self.over:
            since = clock()
            await asyncio.wait_for(self.ask(reader, writer, next(paths)), self.timeout)
            self.longest = max(self.longest, clock() - since)
            self.slow += clock() - since > .5

    async def work(self, paths):
        """Connections one after the other. What a broken one was asked is asked
        again by the next: it has failed when that breaks as well."""
        paths, again = Undo(paths), False
        while not self.over:
            try:
                reader, writer = await asyncio.wait_for(
                    asyncio.open_connection("127.0.0.1", self.port), self.timeout)
            except (OSError, asyncio.TimeoutError):
                continue
            self.connected += 1
            before = paths.taken
            try:
                await self.use(reader, writer, paths)
            except asyncio.TimeoutError:
                self.late += not self.over
            except (OSError, EOFError):
                self.broken += not self.over
                self.failed += again and paths.taken == before + 1 and not self.over
                again = True
                paths.undo()
            writer.close()


class Undo:
    """An iterator that can give its last again."""

    def __init__(self, items):
        self.items, self.taken, self.next = items, 0, []

    def __next__(self):
        self.taken += 1
        self.last = self.next.pop() if self.next else next(self.items)
        return self.last

    def undo(self):
        self.next.append(self.last)
