"""What the tests of this folder share: a manager without nodes, and raw HTTP that no library tidies up."""

import os
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from cluster import BIN, Cluster, Failure, wait_for  # noqa: E402,F401

TESTS = pathlib.Path(os.environ.get("HEDDLE_TESTS", "build/tests"))


def manager(settings=()):
    return Cluster(nodes=0, settings=settings)


def raw(port, text, body=b"", patience=10.0):
    """(status, head, body) of what a socket that sends exactly `text` gets back; status 0: closed at once."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            connection.sendall(text.encode("latin-1") + body)
        except OSError:
            pass  # refused before all of it was read
        answer = b""
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            answer += piece
            head, separator, rest = answer.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if separator and (length and len(rest) >= int(length[1])):
                break
            if separator and head.split(b" ")[1] in (b"304", b"204"):
                break
    status = re.match(rb"HTTP/1\.1 (\d+)", answer)
    head, _, rest = answer.partition(b"\r\n\r\n")
    return (int(status[1]) if status else 0), head.decode("latin-1"), rest


def ask(cluster, method, path, token="", headers="", body=b"", host=None):
    """One request with exactly these fields."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    length = f"Content-Length: {len(body)}\r\n" if body or method in ("POST", "PUT", "PATCH") else ""
    text = (f"{method} {path} HTTP/1.1\r\nHost: {host or f'127.0.0.1:{cluster.port}'}\r\nConnection: close\r\n"
            f"{authorization}{headers}{length}\r\n")
    return raw(cluster.port, text, body)


def expect(what, found, *wanted):
    if found not in wanted:
        raise Failure(f"{what}: expected {' or '.join(map(str, wanted))}, found {found}")
