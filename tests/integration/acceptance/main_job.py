"""The main job on a test cluster: its input, its independent answer, and one run of it."""

import contextlib
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/support"))

from cluster import BIN, Failure, wait_for  # noqa: E402  (the path is set above)

ORACLE = ROOT / "tests/oracle/archive_rank.py"


def package_index(folder):
    """This machine's package index, or its status file: the path of a text file in `folder`."""
    path = folder / "packages.txt"
    with open(path, "wb") as file:
        with contextlib.suppress(OSError):
            subprocess.run(["apt-cache", "dumpavail"], stdout=file, stderr=subprocess.DEVNULL, check=False)
    if path.stat().st_size < 1_000_000:
        path.write_bytes(pathlib.Path("/var/lib/dpkg/status").read_bytes())
    return path


class MainJob:
    """archive_rank in cluster mode; compares every result with the oracle's."""

    def __init__(self, cluster, executors=3):
        self.cluster, self.executors = cluster, executors
        self.index = package_index(cluster.root)
        self.expected = cluster.root / "expected"
        subprocess.run([sys.executable, ORACLE, "compute", self.index, self.expected], check=True,
                       stdout=subprocess.DEVNULL)
        self.runs = 0

    def command(self, out):
        return ["submit", "--wait", "--name", f"run-{self.runs}", "--num-executors", self.executors,
                "--executor-cores", 1, "--executor-memory", "512m", "--driver-memory", "512m",
                BIN / "archive_rank", self.index, "--out", out]

    def run(self, during=None):
        """Runs the job, with during(run) in this thread meanwhile; Run with .seconds, .output,
        .containers (id -> pid, all that were ever seen) and .app."""
        self.runs += 1
        out = self.cluster.root / f"out-{self.runs}"
        out.mkdir()
        run = Run(self.cluster, f"run-{self.runs}")
        started = time.monotonic()
        process = subprocess.Popen([str(part) for part in [BIN / "rmctl", *self.command(out)]],
                                   env=self.cluster.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        watcher = threading.Thread(target=run.watch)
        watcher.start()
        try:
            if during is not None:
                during(run)
            run.output, _ = process.communicate(timeout=120)
        finally:
            process.kill()
            run.over.set()
            watcher.join()
        run.seconds = time.monotonic() - started
        if process.returncode != 0:
            raise Failure(f"the main job ended with {process.returncode}:\n{run.output}")
        self.compare(out)
        return run

    def compare(self, out):
        check = subprocess.run([sys.executable, ORACLE, "compare", self.expected, out], text=True,
                               capture_output=True)
        if check.returncode != 0:
            raise Failure(f"the result differs from the independent computation:\n{check.stdout}{check.stderr}")


class Run:
    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.containers, self.output, self.seconds = {}, "", 0.0
        self.moved = []  # containers whose pid changed
        self.over = threading.Event()

    def watch(self):
        while not self.over.wait(0.02):
            for container, pid in self.cluster.containers().items():
                if self.containers.setdefault(container, pid) != pid:
                    self.moved.append(container)

    def wait_containers(self, count, seconds=60):
        wait_for(f"{count} containers", lambda: len(self.containers) >= count, seconds)

    def executors(self):
        """Live executor processes: container id -> pid. Number 1 of an attempt is its master."""
        return {name: pid for name, pid in self.cluster.containers().items() if not name.endswith("_000001")}

    def app(self):
        apps = self.cluster.get("/ws/v1/cluster/apps")["apps"]["app"]
        return next(app for app in apps if app["name"] == self.name)

    def attempts(self):
        return len(self.cluster.get(f"/ws/v1/cluster/apps/{self.app()['id']}/appattempts")["appAttempts"]["appAttempt"])
