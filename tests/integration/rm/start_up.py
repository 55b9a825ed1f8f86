"""Starting what cannot start: each mistake ends at once with the agreed exit code and a sentence that helps."""

import json
import os
import signal
import socket
import subprocess

from manager import Failure, expect, manager, wait_for
from cluster import BIN


def run(*arguments, environment=None):
    done = subprocess.run([BIN / "resourcemanager", *map(str, arguments)], capture_output=True, text=True, timeout=20,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stderr


def refused(arguments, code, *words, environment=None):
    found, text = run(*arguments, environment=environment)
    expect(f"resourcemanager {' '.join(map(str, arguments))} ({text.strip()})", found, code)
    for word in words:
        if word not in text:
            raise Failure(f"'{word}' is not in: {text}")


def mistakes(directory):
    here = ["--state-dir", directory / "unused", "--port", 0, "--node-port", 0]
    refused(["--prot", 1], 2, "unknown option '--prot'", "did you mean '--port'?")
    refused(["--port"], 2, "needs a value")
    refused(["--address", "0.0.0.0"] + here, 8, "needs TLS and authentication, not in this version")
    refused(["--set", "manager.prot=1"] + here, 8, "did you mean 'manager.port'?")
    refused(here, 8, "HEDDLE__MANAGER__PROT", environment={"HEDDLE__MANAGER__PROT": "1"})
    config = directory / "bad.toml"
    config.write_text('[scheduler]\nnode_expiry = "soon"\nheartbeat = 1\n')
    refused(["--config", config] + here, 8, "bad.toml:2:15", "bad.toml:3:13", "'soon' is not a duration")
    token = directory / "open_token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    token.chmod(0o644)
    refused(["--token-file", token] + here, 8, "can be read by others")
    if (directory / "unused" / "endpoint.json").exists():
        raise Failure("a manager that did not start left an endpoint.json")


def taken(cluster):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        refused(["--state-dir", cluster.root / "a", "--port", port, "--node-port", 0], 6, f"127.0.0.1:{port}")
        refused(["--state-dir", cluster.root / "b", "--port", 0, "--node-port", port], 6, f"127.0.0.1:{port}")
    pid = cluster.processes["resourcemanager"].pid
    refused(["--state-dir", cluster.root / "rm", "--port", 0, "--node-port", 0], 6, f"process {pid}")
    expect("the first manager goes on", cluster.get("/ws/v1/cluster/info")["clusterInfo"]["state"], "STARTED")


def endpoint(cluster):
    process = cluster.processes["resourcemanager"]
    found = json.loads((cluster.root / "rm" / "endpoint.json").read_text())
    expect("endpoint.json", found, {"server": cluster.server, "node_address": f"127.0.0.1:{cluster.node_port}",
                                    "token_file": str(cluster.token_file), "pid": process.pid})
    expect("mode of the token", oct(cluster.token_file.stat().st_mode & 0o777), "0o600")
    expect("mode of the state", oct((cluster.root / "rm").stat().st_mode & 0o777), "0o700")
    expect("mode of the database", oct((cluster.root / "rm" / "state.db").stat().st_mode & 0o777), "0o600")


def ends_in_order(cluster):
    process = cluster.processes.pop("resourcemanager")
    process.send_signal(signal.SIGTERM)
    expect("exit code on SIGTERM", process.wait(20), 0)


def ready(cluster):
    """READY=1 arrives on the service manager's socket."""
    path = str(cluster.root / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(20)
        process = subprocess.Popen(
            [BIN / "resourcemanager", "--state-dir", cluster.root / "notified", "--port", "0", "--node-port", "0"],
            env={**os.environ, "NOTIFY_SOCKET": path}, stderr=subprocess.DEVNULL)
        try:
            expect("the notification", listener.recv(100), b"READY=1")
        finally:
            process.terminate()
            expect("exit code", process.wait(20), 0)


def main():
    with manager() as cluster:
        mistakes(cluster.root)
        taken(cluster)
        endpoint(cluster)
        ready(cluster)
        ends_in_order(cluster)
    print("passed")


if __name__ == "__main__":
    main()
