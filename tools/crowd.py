"""What one peer (wire.py) does so that a network stack has no memory left for
others: data for a client that does not read, by one byte; data with gaps before
it; answers that are not acknowledged; datagrams that nobody takes; datagrams
without an end; beginnings of connections. None of them ends: each comes on top
of those before."""
import os
import struct

import wire
from wire import ACK, PSH, SYN

DEAF, ECHO = 9, 7  # ports: its client never reads; gives back what it gets
LOOK = 48  # frames between two looks at whether the guest has seen them
HOARDERS, SMALL, GAPS, TAKERS = 24, 300, 20, 16


def send_all(peer, sends):
    """Call each. A wire of datagrams loses what comes too fast."""
    for number, send in enumerate(sends):
        send()
        if number % LOOK == 0 or number == len(sends) - 1:
            heard = peer.ping(wire.GUEST4, b"", 2)
            peer.kept.clear()
            if not heard:
                return


def connect(peer, target, first, count, port=DEAF):
    """Connections from ports first.. on."""
    made = [wire.Connection(peer, target, port, first + n, 1000) for n in range(count)]
    return [c for c in made if c.open()]


def small(peer, target):
    """Its buffer is full, and then a byte in each frame."""
    hoarders = connect(peer, target, 20000, HOARDERS)
    full = [lambda c=c: c.put(ACK, bytes(1400)) for _ in range(3) for c in hoarders]
    send_all(peer, full + [lambda c=c: c.put(PSH | ACK, b"x")
                           for _ in range(SMALL) for c in hoarders])


def gaps(peer, target):
    """Bytes with a byte missing before each."""
    def skip(c):
        c.sent += 1
        c.put(ACK, b"x")

    hoarders = connect(peer, target, 21000, 2 * HOARDERS)
    send_all(peer, [lambda c=c: skip(c) for _ in range(GAPS) for c in hoarders])


def answers(peer, target):
    """More than fits between the client and its peer."""
    takers = connect(peer, target, 23000, TAKERS, ECHO)
    send_all(peer, [lambda c=c: c.put(PSH | ACK, bytes(1000)) for _ in range(40) for c in takers])


def datagrams(peer, target):
    source = peer.own(target)
    send_all(peer, [lambda: peer.datagram(source, 40001, target, DEAF, bytes(1000))] * 1000)


def fragments(peer, target):
    """First parts."""
    source = peer.own(target)

    def send(ident):
        if target.version == 6:
            head = struct.pack(">BBHI", wire.UDP, 0, 1, ident)
            peer.send(source, target, 44, head + bytes(1000))
        else:
            peer.send(source, target, wire.UDP, bytes(1000), ident, 0x2000)

    send_all(peer, [lambda n=n: send(n) for n in range(1000)])


def beginnings(peer, target):
    made = [wire.Connection(peer, target, port, 22000 + n, 1)
            for n in range(1000) for port in (DEAF, ECHO)]
    send_all(peer, [lambda c=c: c.put(SYN) for c in made])


def serves(peer, target, port):
    """Whether a good client gets what it asks for."""
    c = wire.Connection(peer, target, ECHO, port, 7777)
    texts = [os.urandom(1000) for _ in range(8)]
    return c.open() and all(c.ask(text) == text for text in texts) and c.close() and \
        peer.ask_datagram(target, ECHO, b"still there?") == b"still there?"


def rows(peer, target):
    """(what was tried, whether others are served) for each."""
    for number, attack in enumerate((small, gaps, answers, datagrams, fragments, beginnings)):
        attack(peer, target)
        yield f"IPv{target.version}: others beside {attack.__name__}", \
            serves(peer, target, 30000 + number)
