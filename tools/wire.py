"""The other end of a guest's network cable: frames in datagrams of UDP, as
QEMU's `-netdev socket,udp=...` has them. A Peer is a router, a DHCP and a DNS
server and a host, and keeps what it does not answer by itself."""
import ipaddress
import socket
import struct
import time

MAC = bytes.fromhex("5254000000fe")
IP4, GUEST4 = ipaddress.ip_address("10.9.8.1"), ipaddress.ip_address("10.9.8.7")
LINK6 = ipaddress.ip_address("fe80::5054:ff:fe00:fe")
PREFIX = ipaddress.ip_address("fd00:9:8:7::")
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
NAMES = {b"\x04peer\x04test\x00": IP4}


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def summed(source, target, protocol, packet, at):
    """A packet with the checksum of TCP, UDP and ICMPv6 in its place."""
    pseudo = source.packed + target.packed + struct.pack(
        ">HH" if source.version == 4 else ">IHBB",
        *((protocol, len(packet)) if source.version == 4 else (len(packet), 0, 0, protocol)))
    packet = packet[:at] + b"\0\0" + packet[at + 2:]
    return packet[:at] + struct.pack(">H", checksum(pseudo + packet)) + packet[at + 2:]


class Packet:
    """What came, as far as IP."""

    def __init__(self, frame):
        self.kind, self.protocol, self.body = frame[12:14], None, frame[14:]
        self.mac = frame[6:12]
        if self.kind == b"\x08\0":
            head, total = (frame[14] & 15) * 4, struct.unpack(">H", frame[16:18])[0]
            self.protocol, self.body = frame[23], frame[14 + head:14 + total]
            self.source, self.target = (ipaddress.ip_address(frame[at:at + 4]) for at in (26, 30))
        elif self.kind == b"\x86\xdd":
            total = struct.unpack(">H", frame[18:20])[0]
            self.protocol, self.body = frame[20], frame[54:54 + total]
            self.source, self.target = (ipaddress.ip_address(frame[at:at + 16]) for at in (22, 38))
        if self.protocol in (TCP, UDP):
            self.ports = struct.unpack(">HH", self.body[:4])


class Peer:
    def __init__(self, lease=120):
        self.wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            self.guest = s.getsockname()
        self.lease, self.mac, self.asked, self.kept = lease, b"\xff" * 6, [], []

    def netdev(self):
        return f"socket,id=n,udp=127.0.0.1:{self.wire.getsockname()[1]}," \
            f"localaddr=127.0.0.1:{self.guest[1]}"

    def address6(self, prefix=PREFIX):
        """The guest's, of its MAC address."""
        part = bytes([self.mac[0] ^ 2]) + self.mac[1:3] + b"\xff\xfe" + self.mac[3:]
        return ipaddress.ip_address(prefix.packed[:8] + part)

    def put(self, kind, body, mac=None):
        self.wire.sendto((mac or self.mac) + MAC + kind + body, self.guest)

    def send(self, source, target, protocol, body, ident=1, part=0):
        if source.version == 6:
            self.put(b"\x86\xdd", struct.pack(">IHBB", 6 << 28, len(body), protocol, 255) +
                     source.packed + target.packed + body)
            return
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, part, 64, protocol, 0,
                           source.packed, target.packed)
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
        self.put(b"\x08\0", head + body)

    def own(self, target):
        return IP4 if target.version == 4 else \
            LINK6 if target.is_link_local else ipaddress.ip_address(int(PREFIX) + 0xfe)

    # --- What it answers by itself ---
    def arp(self, body):
        if body[6:8] == b"\0\1" and body[24:28] == IP4.packed:
            self.put(b"\x08\x06", body[:6] + b"\0\2" + MAC + IP4.packed + body[8:18], body[8:14])

    def icmp6(self, packet):
        kind = packet.body[0]
        if kind == 133:  # a router is looked for
            option = struct.pack(">BBBBIII16s", 3, 4, 64, 0xc0, 86400, 14400, 0, PREFIX.packed)
            body = struct.pack(">BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\1\1" + MAC + option
            self.answer6(packet, body)
        elif kind == 135 and packet.body[8:24] in (
                LINK6.packed, self.own(PREFIX).packed):
            self.answer6(packet, b"\x88\0\0\0\x60\0\0\0" + packet.body[8:24] + b"\2\1" + MAC)
        else:
            return False
        return True

    def answer6(self, packet, body):
        target = packet.source
        if target.is_unspecified:
            target = ipaddress.ip_address("ff02::1")
        self.send(LINK6, target, ICMP6, summed(LINK6, target, ICMP6, body, 2))

    def dhcp(self, packet):
        message, options = packet.body[8:], packet.body[8 + 240:]
        kind = options[options.index(b"\x35\1") + 2]
        self.asked.append((kind, packet.source))
        answer = {1: 2, 3: 5}.get(kind)
        if answer is None:
            return
        self.mac = message[28:34]
        body = b"\2" + message[1:16] + GUEST4.packed + IP4.packed + message[24:240] + \
            b"\x35\1" + bytes([answer]) + b"\x36\4" + IP4.packed + b"\x33\4" + \
            struct.pack(">I", self.lease) + b"\1\4\xff\xff\xff\0\3\4" + IP4.packed + \
            b"\6\4" + IP4.packed + b"\xff"
        self.datagram(IP4, 67, GUEST4, 68, body)

    def dns(self, packet):
        query = packet.body[8:]
        end = query.index(b"\0", 12) + 1
        name, kind = query[12:end], query[end:end + 2]
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + NAMES[name].packed \
            if name in NAMES and kind == b"\0\1" else b""
        body = query[:2] + b"\x81\x80\0\1" + bytes([0, bool(answer)]) + bytes(4) + \
            query[12:end + 4] + answer
        self.datagram(IP4, 53, packet.source, packet.ports[0], body)

    def datagram(self, source, port, target, to, body):
        head = struct.pack(">HHHH", port, to, 8 + len(body), 0)
        self.send(source, target, UDP, summed(source, target, UDP, head + body, 6))

    def take(self, frame):
        """Answer a frame; else keep it."""
        packet = Packet(frame)
        if packet.kind == b"\x08\x06":
            self.arp(packet.body)
        elif packet.protocol == UDP and packet.ports[1] == 67:
            self.dhcp(packet)
        elif packet.protocol == UDP and packet.ports[1] == 53:
            self.dns(packet)
        elif packet.protocol != ICMP6 or not self.icmp6(packet):
            self.kept.append(packet)

    # --- What it asks ---
    def wait(self, wanted, seconds=10):
        """The next packet that is wanted, or None."""
        until = time.time() + seconds
        while True:
            for packet in self.kept:
                if packet.protocol is not None and wanted(packet):
                    self.kept.remove(packet)
                    return packet
            self.wire.settimeout(max(until - time.time(), .001))
            try:
                self.take(self.wire.recv(65536))
            except socket.timeout:
                return None

    def ping(self, target, body, seconds=5):
        """Whether an echo comes back as it was sent."""
        source = self.own(target)
        if target.version == 4:
            packet = struct.pack(">BBHHH", 8, 0, 0, 7, 9) + body
            packet = packet[:2] + struct.pack(">H", checksum(packet)) + packet[4:]
            protocol, kind = ICMP, 0
        else:
            packet = summed(source, target, ICMP6,
                            struct.pack(">BBHHH", 128, 0, 0, 7, 9) + body, 2)
            protocol, kind = ICMP6, 129
        self.send(source, target, protocol, packet)
        back = self.wait(lambda p: p.protocol == protocol and p.body[0] == kind, seconds)
        return back is not None and back.body[4:] == packet[4:] and back.source == target

    def ask_datagram(self, target, port, body):
        source = self.own(target)
        self.datagram(source, 40000, target, port, body)
        back = self.wait(lambda p: p.protocol == UDP and p.ports == (port, 40000))
        return back.body[8:] if back else None


class Connection:
    """One of TCP, over a wire that loses nothing."""

    def __init__(self, peer, target, port, own, number):
        self.peer, self.target, self.ports = peer, target, (own, port)
        self.source, self.sent, self.got = peer.own(target), number, None
        self.ended = False  # the other end sends no more

    def put(self, flags, body=b""):
        head = struct.pack(">HHIIBBHHH", *self.ports, self.sent & 0xffffffff,
                           (self.got or 0) & 0xffffffff, 5 << 4, flags, 65535, 0, 0)
        self.peer.send(self.source, self.target, TCP,
                       summed(self.source, self.target, TCP, head + body, 16))
        self.sent += len(body) + bool(flags & (SYN | FIN))

    def take(self, seconds=5):
        """The next segment: (flags, bytes, what it acknowledges), or None."""
        packet = self.peer.wait(lambda p: p.protocol == TCP and p.source == self.target and
                                p.ports == self.ports[::-1], seconds)
        if packet is None:
            return None
        number, acknowledged, offset, flags = struct.unpack(">IIBB", packet.body[4:14])
        body = packet.body[(offset >> 4) * 4:]
        self.ended |= bool(flags & FIN)
        if self.got is None or number == self.got:
            self.got = number + len(body) + bool(flags & (SYN | FIN))
        return flags, body, acknowledged

    def open(self):
        self.put(SYN)
        answer = self.take()
        if answer is None or answer[0] & (SYN | ACK) != SYN | ACK or \
                answer[2] != self.sent & 0xffffffff:
            return False
        self.put(ACK)
        return True

    def ask(self, body):
        """What comes back for it."""
        self.put(PSH | ACK, body)
        back = b""
        while len(back) < len(body):
            answer = self.take()
            if answer is None or answer[0] & RST:
                break
            back += answer[1]
            self.put(ACK)
        return back

    def close(self):
        """Whether the other end closes as well."""
        self.put(FIN | ACK)
        return self.wait_end()

    def wait_end(self):
        while not self.ended and self.take() is not None:
            pass
        self.put(ACK)
        return self.ended
