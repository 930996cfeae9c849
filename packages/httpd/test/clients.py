#!/usr/bin/env python3
"""clients.py PORT: what curl cannot say to httpd: bytes in time. The server
has --connections=32 --header=1s --body=1s --idle=2s --send=1s. Prints one line
for each check, and the numbers at the end."""
import socket
import sys
import time

PORT = int(sys.argv[1])
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PAGE = b"<p>It works."
FAST_S = 0.05  # good enough, whatever it was alone
results = []


def connect():
    s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
    return s


def read_all(s):
    """Everything until the server ends."""
    data = b""
    try:
        while chunk := s.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    return data


def get():
    """One request; seconds until it is answered."""
    start = time.monotonic()
    s = connect()
    s.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    data = read_all(s)
    s.close()
    assert data.startswith(b"HTTP/1.1 200 ") and PAGE in data, data
    return time.monotonic() - start


def pipelined():
    s = connect()
    s.sendall(GET * 500)
    s.shutdown(socket.SHUT_WR)
    assert read_all(s).count(b"HTTP/1.1 200 OK") == 500


def half_closed():
    """The end comes together with the request."""
    s = connect()
    s.sendall(GET)
    s.shutdown(socket.SHUT_WR)
    start = time.monotonic()
    assert PAGE in read_all(s)
    assert time.monotonic() - start < 1.9


def slow_head():
    s = connect()
    start = time.monotonic()
    s.sendall(b"GET / HT")
    assert read_all(s).startswith(b"HTTP/1.1 408 ")
    assert 0.9 < time.monotonic() - start < 3


def trickled_head():
    """Every byte in time, and the head is not."""
    s = connect()
    start = time.monotonic()
    try:
        for byte in GET[:-1]:
            s.sendall(bytes([byte]))
            time.sleep(0.1)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert time.monotonic() - start < 3


def silent():
    s = connect()
    start = time.monotonic()
    assert read_all(s) == b""
    assert 0.9 < time.monotonic() - start < 3


def slow_body():
    s = connect()
    s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
    assert read_all(s).startswith(b"HTTP/1.1 408 ")


def idle():
    s = connect()
    s.sendall(GET)
    start = time.monotonic()
    assert PAGE in read_all(s)
    assert 1.8 < time.monotonic() - start < 4


def slow_reader():
    """Takes nothing: the connection ends, and what came is no whole file."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", PORT))
    s.sendall(GET.replace(b"/ ", b"/big.bin ", 1))
    time.sleep(3)
    assert len(read_all(s)) < 1 << 20


def continued():
    s = connect()
    s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
              b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
    assert s.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    s.sendall(b"ab")
    assert read_all(s).endswith(b"\r\n\r\nab")


def refused_while_sending():
    """A client that still sends gets to read why it was refused."""
    s = connect()
    s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n"
              b"\r\n" + b"a" * 30000)
    assert read_all(s).startswith(b"HTTP/1.1 413 ")


def event(s):
    data = b""
    while not data.endswith(b"data: 1\n\n\r\n"):
        data += s.recv(1000)
    return data


def stream():
    s = connect()
    s.sendall(GET.replace(b"/ ", b"/events ", 1))
    return s


def woken_streams():
    """Events come when they are there, longer than any time-out of httpd."""
    s = stream()
    assert b"text/event-stream" in event(s)
    time.sleep(3)
    t = connect()
    t.sendall(GET.replace(b"/ ", b"/wake ", 1))
    start = time.monotonic()
    event(s)
    assert time.monotonic() - start < 1


def too_many_streams():
    """One half of 32 connections at most; what ends gives its place back."""
    for _ in range(2):
        held = [stream() for _ in range(16)]
        for s in held:
            assert b"200 OK" in event(s)
        assert b" 503 " in stream().recv(100)
        get()
        for s in held:
            s.close()
        time.sleep(0.2)


def slowest(count):
    """The 99th of a hundred, of so many requests, seconds."""
    return sorted(get() for _ in range(count))[count * 99 // 100]


def crowd(first, count=1000):
    """So many connections that have sent that and no more: others do not wait
    twice as long as alone."""
    alone, held = slowest(300), []
    for _ in range(count):
        s = connect()
        s.sendall(first)
        held.append(s)
    time.sleep(0.2)
    beside = slowest(300)
    for s in held:
        s.close()
    print(f"# p99 {beside * 1000:.1f} ms, alone {alone * 1000:.1f} ms")
    assert beside < max(2 * alone, FAST_S), (beside, alone)


def crowd_of_heads():
    crowd(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")


def crowd_of_silence():
    crowd(b"")


def crowd_of_bodies():
    crowd(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na")


def check(test):
    try:
        test()
        results.append(True)
        print(f"ok {test.__name__}")
    except (AssertionError, OSError) as error:
        results.append(False)
        print(f"not ok {test.__name__}: {error!r:.300}")


for one in (pipelined, half_closed, slow_head, trickled_head, silent,
            slow_body, idle, slow_reader, continued, refused_while_sending,
            woken_streams, too_many_streams,
            crowd_of_heads, crowd_of_silence, crowd_of_bodies, get):
    check(one)
print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
sys.exit(not all(results))
