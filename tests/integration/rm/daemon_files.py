"""What the manager tells of itself as Hadoop's daemons do: its log files in pages, its log level, and its metrics
under Hadoop's path."""

import os

from manager import ask, expect, manager, wait_for

JSON = "Accept: application/json\r\n"


def log_files(cluster, token):
    expect("none yet", cluster.get("/logs"), {"logs": {"file": []}})
    expect("begun", cluster.request("POST", "/ws/v1/cluster/scheduler/logs?time=60")[0], 200)
    cluster.request("PUT", "/ws/v1/cluster/apps/application_1_0001/state", {"state": "KILLED"})
    folder = cluster.root / "rm" / "logs"
    os.symlink(cluster.token_file, folder / "link.log")
    wait_for("the file", lambda: cluster.get("/logs")["logs"]["file"])
    one, = cluster.get("/logs")["logs"]["file"]
    name = one["name"]
    (folder / name).write_bytes(b"0123456789")
    expect("page", b'<a href="/logs/' + name.encode() + b'">' in ask(cluster, "GET", "/logs", token,
                                                                   "Accept: text/html\r\n")[2], True)
    status, head, body = ask(cluster, "GET", f"/logs/{name}", token)
    expect("whole", (status, body, "X-Log-Size: 10" in head, "text/plain" in head), (200, b"0123456789", True, True))
    status, head, body = ask(cluster, "GET", f"/logs/{name}?offset=4&limit=3", token)
    expect("a part", (status, body, "X-Log-Offset: 4" in head), (200, b"456", True))
    expect("beyond", ask(cluster, "GET", f"/logs/{name}?offset=40", token)[2], b"")
    for path, wanted in (("/logs/link.log", 404), ("/logs/..%2Ftoken", 400), ("/logs/../token", 400),
                         ("/logs/%2e%2e/token", 400), ("/logs/gone", 404), (f"/logs/{name}?limit=x", 400),
                         (f"/logs/{name}?limit=-1", 400)):
        status, _, body = ask(cluster, "GET", path, token, JSON)
        expect(f"{path}: {body}", (status, token.encode() in body), (wanted, False))
    for path in ("/logs", f"/logs/{name}", "/logLevel", "/prom"):
        expect(f"{path} without a credential", ask(cluster, "GET", path)[0], 401)


def log_level(cluster, token):
    def level():
        return ask(cluster, "GET", "/logLevel?log=org.apache.hadoop.yarn.X", token)[2].decode()
    expect(level(), "<!-- OUTPUT -->Effective Level: <b>INFO</b>" in level(), True)
    expect("a class", "Submitted Class Name: <b>org.apache.hadoop.yarn.X</b>" in level(), True)
    for method, path, words in (("GET", "/logLevel?level=DEBUG", "GET changes nothing"),
                                ("GET", "/logLevel?log=%3Cb%3E", "log is the name of a class"),
                                ("PUT", "/logLevel?level=LOUD", "Bad Level : 'LOUD'; there are DEBUG"),
                                ("PUT", "/logLevel", "Bad Level")):
        status, _, body = ask(cluster, method, path, token)
        expect(f"{method} {path}: {body}", (status, words in body.decode()), (400, True))
    expect("changed", ask(cluster, "PUT", "/logLevel?level=error", token)[0], 200)
    expect("held", "Effective Level: <b>ERROR</b>" in level(), True)


def main():
    with manager() as cluster:
        token = cluster.token_file.read_text().strip()
        log_files(cluster, token)
        log_level(cluster, token)
        status, head, body = ask(cluster, "GET", "/prom", token)
        expect("metrics", (status, b"\nheddle_" in body, "text/plain; version=0.0.4" in head), (200, True, True))
        status, _, body = ask(cluster, "GET", "/stacks", token)
        expect(f"stacks: {body}", (status, b"UnsupportedOperationException" in body), (400, True))
    print("passed")


if __name__ == "__main__":
    main()
