"""The rows of requests.table, for tests that ask other servers the same."""
import re
from pathlib import Path

TABLE = Path(__file__).parent / "requests.table"
# With one of these httpd refuses, and ends the connection.
REFUSED = {"400", "408", "413", "414", "417", "431", "501", "505"}
NAMES = {"e": "\r\n", "r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def unescape(text):
    def one(m):
        if m[1]:
            return chr(int(m[1], 16))
        return m[3] * int(m[2]) if m[2] else NAMES[m[4]]
    return re.sub(r"\\(?:x(..)|\((\d+)\)(.)|(.))", one, text).encode("latin-1")


def rows():
    """(what httpd answers, the request as it is written)."""
    for line in TABLE.read_text(encoding="latin-1").splitlines():
        if not line.startswith("#") and " | " in line:
            wanted, text = line.split(" | ", 1)
            yield wanted, text
