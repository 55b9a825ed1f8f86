"""An application's master outside of the cluster, as far as tests need one: the WebSocket of masters and just enough
protobuf (common/wire/proto/master.proto). Standard library only."""

import base64
import os
import socket
import struct

from manager import Failure, wait_for

CLOSE, PING, PONG = 8, 9, 10


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def fields(**values):
    """A message: f1=7 is field 1. Numbers, texts and bytes, and lists of them; what is 0 or empty is left out."""
    out = b""
    for name, value in values.items():
        number = int(name[1:])
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int):
                out += varint(number << 3) + varint(one) if one else b""
                continue
            data = one.encode() if isinstance(one, str) else one
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def decoded(data):
    """Field number -> values of a message: numbers and bytes."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(data):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            size = number()
            value = data[at:at + size]
            at += size
        found.setdefault(key >> 3, []).append(value)
    return found


class Master:
    def __init__(self, cluster, queue="default", **submission):
        self.cluster = cluster
        self.app = cluster.new_application()
        body = {"application-id": self.app, "application-name": "outside", "heddle-kind": "master",
                "unmanaged-AM": True, "queue": queue, **submission}
        status, answer = cluster.request("POST", "/ws/v1/cluster/apps", body)
        if status != 202:
            raise Failure(f"submission answered {status}: {answer}")
        self.connect()

    def connect(self):
        """Claims the attempt and registers; the session counts from here."""
        status, claim = self.cluster.request("POST", f"/heddle/v1/applications/{self.app}/master-token", {})
        if status != 200:
            raise Failure(f"master-token answered {status}: {claim}")
        self.closed = None
        self.socket = socket.create_connection(("127.0.0.1", self.cluster.port), timeout=20)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /heddle/v1/masters HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"Authorization: Bearer {claim['token']}\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.exactly(1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Failure(f"the upgrade was answered {head}")
        _, stamp, sequence, number = claim["attempt"].split("_")
        attempt = fields(f1=fields(f1=int(stamp), f2=int(sequence)), f2=int(number))
        self.send([fields(f1=fields(f1=attempt, f2="127.0.0.1"))])
        self.sequence = 0
        self.session = wait_for("the welcome", lambda: next(
            (decoded(message[1][0])[1][0] for message in self.read() if 1 in message), None))

    def exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise Failure("the manager closed the socket without a closing frame")
            data += piece
        return data

    def send_frame(self, opcode, data):
        size = len(data)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += bytes([0x80 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", size)
        self.socket.sendall(head + b"\0\0\0\0" + data)  # masked with zeros

    def send(self, messages):
        """All of them in one frame."""
        self.send_frame(2, b"".join(fields(f1=message) for message in messages))

    def read(self):
        """The messages of the next frame; none when the connection is over, with `closed` as its code."""
        while True:
            first, second = self.exactly(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(self.exactly(2 if size == 126 else 8), "big")
            data = self.exactly(size)
            opcode = first & 0x0F
            if opcode == PING:
                self.send_frame(PONG, data)
            elif opcode == CLOSE:
                self.closed = int.from_bytes(data[:2], "big"), data[2:].decode()
                return []
            else:
                return [decoded(message) for message in decoded(data).get(1, [])]

    def update(self, **values):
        self.sequence += 1
        return fields(f2=fields(f1=self.session, f2=self.sequence, **values))

    def ask(self, count, memory, vcores, argv, named=(), **values):
        """Asks number 1, of template 1, which is `argv`; nothing else."""
        environment = fields(f1="HEDDLE_TEST_ROOT", f2=str(self.cluster.root))
        template = fields(f1=1, f2=fields(f1=argv, f2=environment))
        size = fields(f1=memory, f2=vcores, f3=[fields(f1=name, f2=number) for name, number in named])
        asked = fields(f1=1, f3=1, f5=size, f6=count, **values)
        self.send([self.update(f4=1, f5=template, f6=asked)])
