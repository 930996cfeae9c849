#!/usr/bin/env python3
"""seeds.py FOLDER: inputs that fuzz_net begins with: conversations of every
protocol that the stack speaks. fuzz_net.c says how inputs are read."""
import struct
import sys
from pathlib import Path

MARK = b"\xab\xba"
STILL, LEASING, CONNECTED, REBORN = range(4)
DRAIN, TWICE, CROWD = 4, 8, 16
PATIENT = 32
RAW, FIX, FOLLOW = 0, 4, 12  # a frame as it is; with sums; and its numbers
JOIN = 16
ROUND, WANT, SENT, TAKEN = range(0, 16, 4)  # what a client says

US = b"\x02\0\0\0\0\x0f"
PEER = b"\x02\0\0\0\0\x02"
IP_US, IP_PEER, IP_DNS = b"\x0a\0\2\x0f", b"\x0a\0\2\2", b"\x0a\0\2\3"
LINK_US = bytes.fromhex("fe8000000000000000000000fffe00") + b"\x0f"
LINK_PEER = bytes.fromhex("fe8000000000000000000000fffe0002")
ALL_NODES = bytes.fromhex("ff02" + "00" * 13 + "01")
SOLICITED = bytes.fromhex("ff02" + "00" * 9 + "01ff00") + b"\x0f"


def ethernet(kind, payload, to=None):
    return (to or US) + PEER + struct.pack(">H", kind) + payload


def ip4(protocol, payload, offset=0, ident=1, source=IP_PEER, to=IP_US,
        options=b""):
    head = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 0, ident,
                       offset, 64, protocol, 0)
    return ethernet(0x800, head + source + to + options + payload)


def ip6(protocol, payload, to=LINK_US, source=LINK_PEER, hops=255):
    head = struct.pack(">IHBB", 6 << 28, 0, protocol, hops)
    return ethernet(0x86dd, head + source + to + payload)


def tcp(flags, seq=0, ack=0, payload=b"", options=b"", port=1234, to=80,
        window=8000):
    return struct.pack(">HHIIBBHHH", port, to, seq % 2**32, ack % 2**32,
                       (5 + len(options) // 4) << 4, flags, window, 0, 0
                       ) + options + payload


def udp(port, to, payload):
    return struct.pack(">HHHH", port, to, 0, 0) + payload


def name(text):
    return b"".join(bytes([len(p)]) + p.encode()
                    for p in text.split(".")) + b"\0"


def dns(ip, code=0, asked="host.example"):
    head = struct.pack(">HHHHHH", 0, 0x8180 | code, 1, 1, 0, 0)
    return head + name(asked) + struct.pack(">HH", 1, 1) + struct.pack(
        ">HHHIH", 0xc00c, 1, 1, 60, 4) + ip


def lease(kind, *options):
    body = struct.pack(">BBBBIHH", 2, 1, 6, 0, 0, 0, 0)
    body += bytes(4) + IP_US + IP_PEER + bytes(4) + US + bytes(10)
    body += bytes(192) + b"\x63\x82\x53\x63"
    for number, value in ((53, bytes([kind])), (54, IP_PEER),
                          (51, struct.pack(">I", 3600)),
                          (1, b"\xff\xff\xff\0"), (3, IP_PEER),
                          (6, IP_DNS), *options):
        body += bytes([number, len(value)]) + value
    return udp(67, 68, body + b"\xff")


def client(action, number=1, count=0, text=b""):
    actions = ("open", "send", "take", "shut", "close", "abort", "tcp", "udp")
    return bytes([2, number, actions.index(action), count]) + text


def lie(at, value, number=1):
    return bytes([2, 128 | number, at]) + struct.pack("<I", value)


def rest(kind, value=0, more=b""):
    kinds = ("ms", "s", "link", "die", "lie", "memory", "sums",
             "legacy")
    if kind == "s":
        value, scale = value * 1000, 0
        while value > 255:
            value, scale = value // 8, scale * 2 + 1
        value |= scale << 8
    return bytes([3, kinds.index(kind)]) + struct.pack("<H", value) + more


def frame(bytes_, fixes=FIX):
    return bytes([fixes]) + bytes_


def segment(*args, **options):
    return frame(ip4(6, tcp(*args, **options)), FOLLOW)


def segment6(*args, **options):
    return frame(ip6(6, tcp(*args, **options)), FOLLOW)


SYN, FIN, RST, PSH, ACK, URG = 2, 1, 4, 8, 16, 32
MSS = b"\2\4\5\xb4"
OPTIONS = MSS + b"\1\3\3\7\4\2\x08\x0a" + bytes(8) + b"\1\1"
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def arp(kind, source=IP_PEER, target=IP_US, to=None):
    return frame(ethernet(0x806, struct.pack(">HHBBH", 1, 0x800, 6, 4, kind)
                          + PEER + source + bytes(6) + target, to), RAW)


def icmp6(kind, payload, code=0, **options):
    return frame(ip6(58, bytes([kind, code, 0, 0]) + payload, **options))


HANDSHAKE = [segment(SYN, options=OPTIONS), segment(ACK, 0, 0), client("open")]
HANDSHAKE6 = [segment6(SYN, options=MSS), segment6(ACK), client("open")]
TURN = [client("send", 1, 9), segment(ACK | PSH, payload=REQUEST),
        client("take", 1, 9)]
PREFIX = bytes([3, 4, 64, 0xc0]) + struct.pack(">III", 600, 300, 0) + bytes(
    [0x20, 1, 0xd, 0xb8]) + bytes(12)
ROUTER = bytes([64, 0, 7, 8]) + bytes(8) + bytes([1, 1]) + PEER
SERVERS = bytes([25, 3, 0, 0]) + struct.pack(">I", 600) + LINK_PEER
MTU = bytes([5, 1, 0, 0]) + struct.pack(">I", 1280)

CONVERSATIONS = {
    "arp": (STILL, [arp(1), arp(2), arp(1, IP_US), arp(2, b"\0\0\0\0")]),
    "ping": (STILL, [frame(ip4(1, b"\x08\0\0\0\0\1\0\1" + b"x" * 40)),
                     frame(ip4(1, b"\0\0\0\0\0\1\0\1")),
                     frame(ip4(1, b"\3\3\0\0\0\0\0\0" + ip4(17, udp(7, 8, b""))[14:]))]),
    "options": (STILL, [frame(ip4(1, b"\x08\0\0\0\0\1\0\1",
                                  options=b"\x83\7\4" + IP_PEER + b"\0"))]),
    "udp": (STILL, [client("open", 0), frame(ip4(17, udp(99, 7, b"hello"))),
                    client("take", 0, 9), client("send", 0, 1)]),
    "udp6": (STILL, [frame(ip6(17, udp(99, 7, b"hello")))]),
    "unreached": (STILL, [frame(ip4(17, udp(99, 9, b"hello"))),
                          frame(ip6(17, udp(99, 9, b"hello")))]),
    "fragments": (STILL, [frame(ip4(1, b"\x08\0\0\0\0\1\0\1" + b"x" * 16, 0x2000)),
                          frame(ip4(1, b"y" * 24, 0x2003)),
                          frame(ip4(1, b"z" * 9, 6))]),
    "overlap": (STILL, [frame(ip4(17, udp(9, 7, b"x" * 16), 0x2000)),
                        frame(ip4(17, b"y" * 24, 0x2002)),
                        frame(ip4(17, b"z" * 9, 4)), rest("s", 20)]),
    "fragments6": (STILL, [frame(ip6(44, struct.pack(">BBHI", 58, 0, 1, 7)
                                     + b"\x80\0\0\0\0\1\0\1" + b"x" * 16)),
                           frame(ip6(44, struct.pack(">BBHI", 58, 0, 24, 7)
                                     + b"y" * 16)), rest("s", 70)]),
    "headers6": (STILL, [frame(ip6(0, bytes([60, 0, 5, 2, 0, 0, 1, 0])
                                   + bytes([43, 0, 1, 4, 0, 0, 0, 0])
                                   + bytes([59, 0, 0, 0, 0, 0, 0, 0])))]),
    "ping6": (STILL, [icmp6(128, bytes(4) + b"x" * 20),
                      icmp6(128, bytes(4), to=ALL_NODES)]),
    "neighbours": (STILL, [icmp6(135, bytes(4) + LINK_US + b"\1\1" + PEER),
                           icmp6(135, bytes(4) + LINK_US + b"\1\1" + PEER,
                                 to=SOLICITED),
                           icmp6(136, b"\x60\0\0\0" + LINK_PEER + b"\2\1" + PEER),
                           icmp6(136, b"\x20\0\0\0" + LINK_US + b"\2\1" + PEER,
                                 to=ALL_NODES)]),
    "router": (STILL, [icmp6(134, ROUTER + PREFIX + MTU + SERVERS, to=ALL_NODES),
                       rest("s", 3), rest("s", 700)]),
    "redirect": (STILL, [icmp6(134, ROUTER + PREFIX),
                         icmp6(137, bytes(4) + LINK_PEER + LINK_PEER + b"\2\1" + PEER)]),
    "groups": (STILL, [icmp6(130, b"\0\x64\0\0" + bytes(16), to=ALL_NODES,
                             hops=1), rest("s", 1),
                       icmp6(131, bytes(4) + SOLICITED, hops=1),
                       icmp6(2, struct.pack(">I", 1280) + bytes(48))]),
    "served": (STILL, HANDSHAKE + [segment(ACK | PSH, payload=REQUEST),
                                   client("take", 1, 9), client("send", 1, 200),
                                   segment(ACK, len(REQUEST)), client("close"),
                                   segment(ACK | FIN), segment(ACK, 1)]),
    "served6": (STILL, HANDSHAKE6 + [segment6(ACK | PSH, payload=REQUEST),
                                     client("take", 1, 9), client("send", 1, 20),
                                     client("close"), segment6(ACK | FIN),
                                     segment6(ACK, 1)]),
    "disorder": (CONNECTED, [segment(ACK, 10, payload=b"b" * 10),
                             segment(ACK, 30, payload=b"d" * 10),
                             segment(ACK, 15, payload=b"c" * 20),
                             segment(ACK, 0, payload=b"a" * 12),
                             segment(ACK | FIN, 4, payload=b"e"),
                             client("take", 1, 100)]),
    "sacked": (CONNECTED, [client("send", 1, 250), segment(ACK, 0, -2920),
                           segment(ACK, 0, -2920,
                                   options=b"\1\1\5\x0a" + bytes(8)),
                           segment(ACK, 0, -2920), segment(ACK, 0, -2920),
                           rest("s", 2), segment(ACK)]),
    "windows": (CONNECTED, [client("send", 1, 250), segment(ACK, window=0),
                            rest("s", 5), segment(ACK, window=1),
                            rest("s", 60), segment(ACK, window=9000)]),
    "turns": (CONNECTED, TURN * 4 + [segment(ACK)]),
    "long turns": (CONNECTED, TURN + [segment(ACK, payload=b"x" * 1400),
                                      client("take", 1, 99)] * 3
                   + [client("send", 1, 99), segment(ACK), client("close"),
                      segment(ACK | FIN)] + TURN),
    "lost turns": (CONNECTED, TURN + [rest("ms", 700), client("send", 1, 3),
                                      rest("s", 3), segment(ACK, 0, -40),
                                      segment(ACK), *TURN,
                                      segment(ACK, 5, payload=b"late"),
                                      segment(ACK, payload=b"early"),
                                      client("send", 1, 5), segment(ACK),
                                      *TURN]),
    "ended turns": (CONNECTED, TURN * 2 + [client("send", 1, 9),
                                           client("shut"), segment(ACK, 0, -1),
                                           segment(ACK | FIN)]),
    "stopped turns": (CONNECTED, TURN * 2 + [client("send", 1, 9),
                                             segment(ACK, window=20),
                                             client("send", 1, 9),
                                             rest("s", 9), segment(RST)]),
    "reset": (CONNECTED, [segment(RST, 100), segment(RST | ACK, 0),
                          segment(SYN), segment(SYN | ACK, 5)]),
    "challenged": (CONNECTED, [segment(SYN, 7), segment(ACK, -1),
                               segment(ACK, 0, 70000), rest("s", 8000)]),
    "urgent": (CONNECTED, [segment(ACK | URG, payload=b"x" * 9),
                           client("shut"), segment(ACK), segment(ACK | FIN),
                           client("close")]),
    "reborn": (REBORN, [segment(ACK, 77, 99, REQUEST), segment(SYN),
                        rest("s", 3), client("abort")]),
    "again": (CONNECTED, [client("close"), segment(ACK | FIN), segment(ACK),
                          segment(SYN, 99999), segment(ACK)]),
    "held": (CONNECTED, [segment(ACK, payload=b"x" * 1400)] * 4
             + [client("take", 1, 200), segment(ACK, payload=b"y" * 700),
                client("abort")]),
    "flood": (STILL, [segment(SYN, port=n) for n in range(1, 40)]),
    "bulk": (CONNECTED, [client("send", 1, 255), segment(ACK, 0, -1072),
                         segment(ACK, 0, -536), client("send", 1, 255),
                         segment(ACK), segment(ACK, 0, -100), segment(ACK),
                         segment(ACK, 0, -536, REQUEST),
                         segment(ACK, 28, -1072, window=9000),
                         segment(ACK, 28), segment(ACK, 28),
                         client("close"), segment(ACK, 28)]),
    "bulk lost": (STILL, [*HANDSHAKE, client("send", 1, 255),
                          segment(ACK, 0, -1460), segment(ACK, 0, -1460),
                          client("send", 1, 50), segment(ACK, 0, -4380)]
                  + [segment(ACK, 0, -5980)] * 4
                  + [rest("s", 3), segment(ACK, 0, -1460), rest("s", 9),
                     segment(ACK), client("send", 1, 99), segment(ACK)]),
    "bulk silent": (CONNECTED, [client("send", 1, 60), segment(ACK, 0, -848),
                                rest("s", 4), client("send", 1, 255),
                                segment(ACK, 0, -848), rest("s", 4),
                                segment(ACK)]),
    "bulk again": (CONNECTED, [client("send", 1, 255)]
                   + [segment(ACK, 0, -2144)] * 5 + [segment(ACK)] * 3),
    "bulk bits": (CONNECTED, [step for n in range(1, 9) for step in
                              (client("send", 1, n), rest("ms", 400))]
                  + [segment(ACK, 0, -256), segment(ACK, 0, -479),
                     client("send", 1, 30), segment(ACK, window=100),
                     client("send", 1, 200), segment(ACK, window=100),
                     segment(ACK, window=5000), segment(ACK, window=6000),
                     rest("s", 9), segment(ACK)]),
    "waiting": (CONNECTED, [step for port in (5, 6, 7) for step in
                            (segment(SYN, port=port), segment(ACK, port=port))]
                + [segment(ACK, port=7, payload=b"x" * 9),
                   client("send", 1, 9), client("close"),
                   rest("s", 1), segment(RST, port=6), client("open"),
                   client("abort", 2)]),
    "land": (STILL, [frame(ip4(6, tcp(SYN, port=80), source=IP_US))]),
    "named": (STILL, [arp(1, IP_DNS), client("tcp", 6, 0, b"host.example:99"),
                      frame(ip4(17, udp(53, 0, dns(IP_PEER)), source=IP_DNS),
                            FOLLOW),
                      segment(SYN | ACK, 0, 0, port=99, to=0, options=OPTIONS),
                      client("send", 6, 9),
                      segment(ACK, 0, 0, b"answer", port=99, to=0),
                      client("close", 6)]),
    "unnamed": (STILL, [arp(1, IP_DNS), client("tcp", 6, 0, b"host.example:99"),
                        frame(ip4(17, udp(53, 0, dns(IP_PEER, 3)),
                                  source=IP_DNS), FOLLOW),
                        client("udp", 7, 0, b"other.example:9"),
                        rest("s", 1), rest("s", 9), client("abort", 7),
                        rest("s", 60)]),
    "asked": (STILL, [client("udp", 6, 0, b"10.0.2.2:9"), client("send", 6, 9),
                      frame(ip4(17, udp(9, 49152, b"yes"))),
                      client("close", 6)]),
    "asked6": (STILL, [client("udp", 6, 0, b"[fe80::ff:fe00:2]:9"),
                       client("send", 6, 9),
                       icmp6(136, b"\x60\0\0\0" + LINK_PEER + b"\2\1" + PEER)]),
    "refused": (STILL, [client("tcp", 6, 0, b"10.0.2.2:99"),
                        segment(RST | ACK, 0, 0, port=99, to=0)]),
    "timed out": (STILL, [client("tcp", 6, 0, b"10.0.2.9:99"),
                          rest("s", 100), rest("s", 900)]),
    "leased": (LEASING, [frame(ip4(17, lease(2)), FOLLOW),
                         frame(ip4(17, lease(5)), FOLLOW), rest("s", 2),
                         rest("s", 1900), frame(ip4(17, lease(5)), FOLLOW),
                         rest("s", 4000)]),
    "denied": (LEASING, [frame(ip4(17, lease(2)), FOLLOW),
                         frame(ip4(17, lease(6)), FOLLOW), rest("s", 30)]),
    "leased oddly": (LEASING, [frame(ip4(17, lease(
        2, (52, b"\3"), (58, bytes(4)), (59, b"\xff" * 4), (0, b""),
        (12, b"x" * 200))), FOLLOW), frame(ip4(17, lease(5)), FOLLOW)]),
    "link": (CONNECTED, [client("send", 1, 99), rest("link"), rest("s", 9),
                         rest("link"), rest("s", 9), segment(ACK)]),
    "driver": (CONNECTED, [client("send", 1, 99), rest("die", 0x302),
                           rest("ms", 9), rest("ms", 9), segment(ACK),
                           rest("sums", 1),
                           segment(ACK, payload=b"x" * 99)]),
    "lies": (CONNECTED, [rest("lie", 0x404, struct.pack(
        "<12H", 3, 12, 60, 511, 2000, 100, 0, 0, 0, 600, 0, 60))]),
    "memory": (CONNECTED, [rest("memory", 20), client("send", 1, 99),
                           segment(SYN, port=7), rest("memory", 60000),
                           rest("s", 3)]),
    "poor": (CONNECTED, [client("send", 1, 16), rest("die", 0x302), rest("memory", 2),
                         rest("s", 55), client("close"),
                         segment(ACK | FIN, payload=b"late")]),
    "for ever": (REBORN, [rest("legacy", 45, b"\0"), rest("s", 534000)] * 32),
    "liar": (CONNECTED, [segment(ACK, payload=b"x" * 99),
                         client("send", 1, 9), lie(SENT, 5000),
                         segment(ACK), lie(SENT, 70000), lie(TAKEN, 98000),
                         segment(ACK, 99, payload=b"x" * 99),
                         lie(SENT, 0), segment(ACK, 198), lie(ROUND, 7),
                         segment(ACK, 198, payload=b"x" * 99),
                         lie(WANT, 99), lie(ROUND, 1), client("close")]),
    "types": (STILL, [frame(ethernet(kind, bytes(60))) for kind in
                      (0x8100, 0x88a8, 0x8847, 0x8863, 0x22, 0)]),
    "short": (STILL, [frame(ip4(6, tcp(SYN))[:n], RAW) for n in range(60)]),
}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    for title, (state, steps) in CONVERSATIONS.items():
        for more in (0, DRAIN, TWICE, CROWD, CROWD | DRAIN):
            path = folder / f"{title.replace(' ', '-')}-{more}"
            seed = bytes([state | more]) + MARK.join(steps) + MARK
            path.write_bytes(seed + b"\2" * (-len(seed) % PATIENT))


if __name__ == "__main__":
    main()
