"""Artifacts (a second upload sends nothing), the event stream with resuming, dashboard files, and metrics."""

import hashlib
import http.client
import json
import os
import threading

from manager import Failure, ask, expect, manager, wait_for


def artifacts(cluster):
    data = os.urandom(3 << 20)
    digest = hashlib.sha256(data).hexdigest()
    path = f"/heddle/v1/artifacts/{digest}"
    token = cluster.token_file.read_text().strip()
    expect("HEAD before", ask(cluster, "HEAD", path, token)[0], 404)
    expect("upload", cluster.request("PUT", path, data)[0], 201)
    expect("HEAD after", ask(cluster, "HEAD", path, token)[0], 200)
    # The answer comes from the head alone: not a byte of the body is sent.
    text = (f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n")
    from manager import raw
    expect("a second upload", raw(cluster.port, text)[0], 200)
    status, head, body = ask(cluster, "GET", path, token)
    expect("download", (status, body == data), (200, True))
    other = hashlib.sha256(b"other").hexdigest()
    expect("other bytes", cluster.request("PUT", f"/heddle/v1/artifacts/{other}", data)[0], 400)
    expect("nothing kept", ask(cluster, "HEAD", f"/heddle/v1/artifacts/{other}", token)[0], 404)
    for bad in ("x", "A" * 64, "0" * 63):
        expect(f"the digest {bad}", cluster.request("PUT", f"/heddle/v1/artifacts/{bad}", b"x")[0], 400)
    expect("left-overs", os.listdir(cluster.root / "rm" / "artifacts" / "incoming"), [])
    metrics = cluster.get("/metrics")
    received = next(line for line in metrics.splitlines() if line.startswith("heddle_artifact_received_bytes_total "))
    expect("bytes received", int(received.split()[1]), 2 * len(data))


class Stream:
    """An open event stream; events are (name, data, id)."""

    def __init__(self, cluster, topics, last=None):
        token = cluster.token_file.read_text().strip()
        self.connection = http.client.HTTPConnection("127.0.0.1", cluster.port, timeout=20)
        headers = {"Authorization": f"Bearer {token}", **({"Last-Event-ID": last} if last else {})}
        self.connection.request("GET", f"/heddle/v1/stream?topics={topics}", headers=headers)
        self.answer = self.connection.getresponse()
        self.events = []
        if self.answer.status == 200:
            threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        name, data, number = "", "", ""
        try:
            while line := self.answer.readline():
                key, _, value = line.decode().rstrip("\n").partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    data = value
                elif key == "id":
                    number = value
                elif not key:
                    if data:
                        self.events.append((name, json.loads(data), number))
                    name, data = "", ""
        except (OSError, ValueError, AttributeError):
            pass

    def close(self):
        self.connection.close()

    def wait(self, what, probe):
        return wait_for(what, lambda: next((event for event in self.events if probe(event)), None), 20)


def stream(cluster):
    first = Stream(cluster, "apps,cluster")
    expect("type", first.answer.getheader("Content-Type"), "text/event-stream")
    app = cluster.submit(["/bin/true"])
    _, data, number = first.wait("the application", lambda event: event[0] == "app" and event[1]["id"] == app)
    expect("its state is one of YARN's", data["state"] in ("SUBMITTED", "ACCEPTED"), True)
    first.wait("cluster figures", lambda event: event[0] == "cluster" and event[1]["appsSubmitted"] >= 1)
    one = Stream(cluster, f"app:{app}")
    other = cluster.submit(["/bin/true"])
    first.wait("the other one", lambda event: event[0] == "app" and event[1]["id"] == other)
    expect("events of others", [event for event in one.events if event[1]["id"] != app], [])
    first.close()
    resumed = Stream(cluster, "apps,cluster", number)
    resumed.wait("what was missed", lambda event: event[0] == "app" and event[1]["id"] == other)
    stranger = Stream(cluster, "apps", "00000000-5")
    stranger.wait("resync", lambda event: event[0] == "resync")
    expect("an unknown topic", Stream(cluster, "secrets").answer.status, 400)
    for open_stream in (one, resumed, stranger):
        open_stream.close()


def pages(cluster):
    for path in ("/", "/nodes", "/apps", "/apps/application_1_0001"):
        status, head, body = ask(cluster, "GET", path)
        expect(path, status, 200)
        for field in ("Content-Security-Policy: default-src 'self'", "X-Content-Type-Options: nosniff",
                      "X-Frame-Options: DENY"):
            if field not in head:
                raise Failure(f"{path}: no '{field}' in\n{head}")
        if b"<html" not in body:
            raise Failure(f"{path} is no page")
    expect("no page", ask(cluster, "GET", "/apps/application_1_0001/nothing")[0], 404)


def yarn_shapes(cluster):
    expect("liveness probe", ask(cluster, "GET", "/cluster", cluster.token_file.read_text().strip())[0], 200)
    scheduler = cluster.get("/ws/v1/cluster/scheduler")["scheduler"]["schedulerInfo"]
    expect("type", scheduler["type"], "capacityScheduler")
    leaf = scheduler["queues"]["queue"][0]
    expect("leaf", ("queues" in leaf, leaf["queueName"]), (False, "default"))
    for name in ("userAMResourceLimit", "AMResourceLimit", "resourcesUsed"):
        expect(name, isinstance(leaf[name]["memory"], int), True)
    expect("lists without members", cluster.get("/ws/v1/cluster/nodes"), {"nodes": {}})
    expect("limit", len(cluster.get("/ws/v1/cluster/apps?limit=1")["apps"]["app"]), 1)
    expect("states", cluster.get("/ws/v1/cluster/apps?states=RUNNING"), {"apps": {}})
    status, answer = cluster.request("GET", "/ws/v1/cluster/apps/application_1_0001")
    expect("unknown application", (status, answer["RemoteException"]["exception"]), (404, "NotFoundException"))
    status, answer = cluster.request("GET", "/ws/v1/cluster/reservation/list")
    expect("unsupported", (status, answer["RemoteException"]["exception"]), (400, "UnsupportedOperationException"))
    app = cluster.new_application()
    expect("unknown queue", cluster.request("POST", "/ws/v1/cluster/apps", {
        "application-id": app, "queue": "nowhere", "heddle-argv": ["x"]})[0], 404)
    expect("Spark's list", cluster.get("/api/v1/applications"), [])


def main():
    with manager() as cluster:
        artifacts(cluster)
        stream(cluster)
        pages(cluster)
        yarn_shapes(cluster)
    print("passed")


if __name__ == "__main__":
    main()
