"""A real cluster of Heddle's processes for integration tests: one resourcemanager and some nodeagents
on loopback, on ephemeral ports, in a temporary directory of its own. Standard library only.

    with Cluster(nodes=3) as cluster:
        app = cluster.submit(["/bin/sleep", "5"])
        cluster.kill("resourcemanager")          # SIGKILL
        cluster.start_manager()                  # same ports, same state directory
        cluster.wait_app(app, "FINISHED")

Leaving the block ends every process that belongs to the cluster, containers included, and fails when
one survives. Waiting is polling with a deadline; nothing sleeps for a fixed time and hopes.
"""

import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BIN = pathlib.Path(os.environ.get("HEDDLE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/bin"))


class Failure(Exception):
    """What a test reports; its text says what was expected and what was found."""


def wait_for(what, probe, seconds=30.0, step=0.02):
    """The first true answer of `probe`, polled; Failure naming `what` when time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"timed out after {seconds:g} s waiting for {what}")
        time.sleep(step)


def free_port(address="127.0.0.1"):
    """A port that was free a moment ago; the kernel does not hand it out again soon."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def processes_with(variable, value):
    """pid -> command line of every process whose environment has variable=value."""
    wanted = f"{variable}={value}".encode()
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def processes_naming(text):
    """pids whose command line contains `text` (a path of this cluster's own directory)."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if text.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


class Cluster:
    def __init__(self, nodes=3, memory=2048, vcores=2, heartbeat=None, settings=(), resources=None):
        self.temporary = tempfile.TemporaryDirectory(prefix="heddle-test-")
        self.root = pathlib.Path(self.temporary.name)
        self.memory, self.vcores = memory, vcores
        self.resources = resources or {}  # node -> what it has besides, as "gpu=2"
        self.settings = list(settings)
        self.node_settings = []  # of every node that is started from now on
        if heartbeat is not None:
            self.settings += [f"scheduler.heartbeat_interval={heartbeat}", "scheduler.node_expiry=10m"]
        self.names = [f"node-{i + 1}" for i in range(nodes)]
        self.addresses = {name: f"127.0.0.{i + 1}" for i, name in enumerate(self.names)}
        self.processes = {}
        self.port = free_port()
        self.node_port = free_port()
        self.http_ports = {name: free_port(self.addresses[name]) for name in self.names}
        (self.root / "log").mkdir()

    # Life of the cluster.

    def __enter__(self):
        # A test that is told to end still ends its processes: the default would skip all clean-up.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            self.start_manager()
            for name in self.names:
                self.start_node(name)
            self.wait_nodes(len(self.names))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.print_logs()
        self.close(check=kind is None)

    def start_manager(self):
        command = [BIN / "resourcemanager", "--state-dir", self.root / "rm", "--address", "127.0.0.1",
                   "--port", self.port, "--node-port", self.node_port]
        for setting in self.settings:
            command += ["--set", setting]
        self.spawn("resourcemanager", command)
        wait_for("the resource manager to answer", self.manager_answers, 20)

    def start_node(self, name):
        self.spawn(name, [
            BIN / "nodeagent", "--name", name, "--address", self.addresses[name], "--port", self.http_ports[name],
            "--manager", f"127.0.0.1:{self.node_port}", "--manager-rest", self.server,
            "--dir", self.root / name, "--token-file", self.token_file,
            "--memory", f"{self.memory}m", "--vcores", self.vcores,
            *(["--resources", self.resources[name]] if name in self.resources else []),
            *[part for setting in self.node_settings for part in ("--set", setting)]])

    def spawn(self, name, command):
        log = open(self.root / "log" / f"{name}.log", "ab")
        with log:
            self.processes[name] = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def kill(self, name, number=signal.SIGKILL):
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(20)

    def close(self, check=False):
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        for process in self.processes.values():
            process.wait(20)
        self.processes.clear()
        # Containers outlive their agent by design: the test ends what it started.
        def left():
            pids = processes_naming(str(self.root))
            for name in self.names:
                pids += processes_with("HEDDLE_TEST_ROOT", str(self.root))
            for pid in pids:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            return not pids
        wait_for("the containers of the test to end", left, 20)
        self.temporary.cleanup()

    def print_logs(self):
        for log in sorted((self.root / "log").glob("*.log")):
            print(f"--- {log.name} (last 40 lines)")
            print("\n".join(log.read_text(errors="replace").splitlines()[-40:]))

    # Talking to it.

    @property
    def server(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def token_file(self):
        return self.root / "rm" / "token"

    def environment(self):
        """For rmctl and programs: how they find this cluster."""
        return {**os.environ, "HEDDLE_SERVER": self.server, "HEDDLE_TOKEN_FILE": str(self.token_file)}

    def request(self, method, path, body=None, headers=None, server=None):
        """(status, decoded JSON or text). Transport errors raise OSError."""
        token = self.token_file.read_text().strip()
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request((server or self.server) + path, data=data, method=method)
        request.add_header("Authorization", "Bearer " + token)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, text = answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode(errors="replace")
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text

    def get(self, path, **arguments):
        status, answer = self.request("GET", path, **arguments)
        if status != 200:
            raise Failure(f"GET {path} answered {status}: {answer}")
        return answer

    def manager_answers(self):
        if self.processes["resourcemanager"].poll() is not None:
            raise Failure("the resource manager ended while starting; see its log")
        try:
            return self.request("GET", "/ws/v1/cluster/info")[0] == 200
        except (OSError, ValueError):
            return False

    def wait_nodes(self, count, seconds=30):
        def running():
            try:
                return self.get("/ws/v1/cluster/metrics")["clusterMetrics"]["activeNodes"] == count
            except OSError:
                return False
        wait_for(f"{count} active nodes", running, seconds)

    def rmctl(self, *arguments, check=True, timeout=120, **options):
        """A finished rmctl run: .returncode, .stdout, .stderr as text."""
        run = subprocess.run([str(BIN / "rmctl"), *map(str, arguments)], env=self.environment(), text=True,
                             capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, **options)
        if check and run.returncode != 0:
            raise Failure(f"rmctl {' '.join(map(str, arguments))} ended with {run.returncode}:\n"
                          f"{run.stdout}{run.stderr}")
        return run

    def new_application(self):
        status, answer = self.request("POST", "/ws/v1/cluster/apps/new-application", {})
        if status != 200:
            raise Failure(f"new-application answered {status}: {answer}")
        return answer["application-id"]

    def submit(self, argv, memory=128, vcores=1, **fields):
        """Submits a command as a YARN client would; its application id."""
        app = self.new_application()
        body = {"application-id": app, "application-name": fields.pop("name", "test"),
                "heddle-argv": argv, "resource": {"memory": memory, "vCores": vcores},
                "am-container-spec": {"environment": {
                    "entry": [{"key": "HEDDLE_TEST_ROOT", "value": str(self.root)}]}}, **fields}
        status, answer = self.request("POST", "/ws/v1/cluster/apps", body)
        if status != 202:
            raise Failure(f"submit answered {status}: {answer}")
        return app

    def app(self, app):
        return self.get(f"/ws/v1/cluster/apps/{app}")["app"]

    def wait_app(self, app, *states, seconds=60):
        """The application's object once its state is one of `states` (default: any final one)."""
        wanted = states or ("FINISHED", "FAILED", "KILLED")
        def probe():
            with contextlib.suppress(OSError):
                found = self.app(app)
                return found if found["state"] in wanted else None
        return wait_for(f"{app} to be {' or '.join(wanted)}", probe, seconds)

    def containers(self):
        """container id -> pid of its first process, from every node agent that answers."""
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                variables = (entry / "environ").read_bytes().split(b"\0")
                if not any(v.startswith(b"LOG_DIRS=" + str(self.root).encode()) for v in variables):
                    continue
                began = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[19])  # pids wrap around
                for variable in variables:
                    if variable.startswith(b"CONTAINER_ID="):
                        name = variable.split(b"=", 1)[1].decode()
                        found[name] = min(found.get(name, (began, 1 << 30)), (began, int(entry.name)))
        return {name: pid for name, (_, pid) in found.items()}


def basic(token):
    """The Authorization value that curl --netrc sends for this token."""
    return "Basic " + base64.b64encode(b"heddle:" + token.encode()).decode()
