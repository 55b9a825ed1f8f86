#!/usr/bin/env python3
"""Executors, node agents and the driver of an application in cluster mode are killed at random points of
its shuffles: it ends well, a million distinct rows stay a million, and what it saved is complete.

    kills.py PROGRAM BIN [SEED]

The seed chooses whom and when; how far the application is by then is the machine's choice.
"""

import contextlib
import os
import pathlib
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = sys.argv[1], sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402

ROWS, ROUNDS = 1_000_000, 12
VICTIMS = ["executor"] * 5 + ["agent"] * 2 + ["driver"] * 2  # in random order


def check(what, found, wanted):
    if found != wanted:
        raise cluster.Failure(f"{what}\nwanted {wanted}\nfound  {found}")
    print("ok:", what, flush=True)


def programs(target):
    """container id -> pid of the program itself, its last process."""
    found = {}
    for name in target.containers():
        pids = [pid for pid, line in cluster.processes_with("CONTAINER_ID", name).items()
                if "container-shim" not in line]
        if pids:
            found[name] = max(pids)
    return found


class Killer:
    def __init__(self, target, app, seed):
        self.target, self.app, self.random = target, app, random.Random(seed)
        self.killed = []

    def over(self):
        with contextlib.suppress(OSError):
            return self.target.app(self.app)["state"] in ("FINISHED", "FAILED", "KILLED")
        return False

    def progress(self):
        """Lines that drivers have printed by now: each is a job that is done."""
        return sum(path.read_text().count("\n") for path in
                   self.target.root.glob(f"node-*/logs/**/{self.app}/**/stdout"))

    def kill_one(self, kind):
        if kind == "agent":
            name = self.random.choice(self.target.names)
            self.target.kill(name)
            self.target.start_node(name)
            return name
        running = programs(self.target)
        masters = [name for name in running if name.endswith("_000001")]
        names = masters if kind == "driver" else sorted(set(running) - set(masters))
        if not names:
            return None
        name = self.random.choice(names)
        with contextlib.suppress(ProcessLookupError):
            os.kill(running[name], signal.SIGKILL)
        return name

    def run(self):
        order = self.random.sample(VICTIMS, len(VICTIMS))
        for kind in order:
            # Something must have been done since the last one, and then a moment at random.
            before = self.progress()
            cluster.wait_for("the application to go on", lambda: self.over() or self.progress() > before, 90)
            if self.over():
                return
            time.sleep(self.random.uniform(0, 0.3))
            name = self.kill_one(kind)
            self.killed.append(kind)
            print(f"killed: {kind} {name}", flush=True)


def saved_rows(folder):
    parts = sorted(folder.glob("part-*"))
    rows = [line for part in parts for line in part.read_text().splitlines()]
    return len(parts), len(rows), len(set(rows)), sorted(p.name for p in folder.iterdir() if p not in parts)


def main():
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    with cluster.Cluster(nodes=3, memory=2048, vcores=2, settings=["scheduler.attempts_max=4"]) as target:
        target.rmctl("submit", "--name", "kills", "--num-executors", 3, "--executor-memory", "512m",
                     "--driver-memory", "256m", "--max-attempts", 4, PROGRAM, target.root, ROUNDS)
        app = target.get("/ws/v1/cluster/apps")["apps"]["app"][0]["id"]
        killer = Killer(target, app, seed)
        killer.run()
        end = target.wait_app(app, seconds=180)
        print(f"killed {len(killer.killed)}: {' '.join(killer.killed)}")
        check("the application succeeds", (end["finalStatus"], end["diagnostics"]), ("SUCCEEDED", ""))
        cluster.wait_for("the containers to be gone", lambda: not target.containers(), 20)
        said = "".join(path.read_text() for path in target.root.glob(f"node-*/logs/**/{app}/**/stdout"))
        wrong = [line for line in said.splitlines() if line != "saved" and line.split()[-1] != str(ROWS)]
        check("a million rows stay a million in all jobs", wrong, [])
        check("what was saved is complete", saved_rows(target.root / "rows"), (9, ROWS, ROWS, ["_SUCCESS"]))


if __name__ == "__main__":
    try:
        main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
