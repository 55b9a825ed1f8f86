#!/usr/bin/env python3
"""The dashboard of a real cluster: daemons of the build tree, a program that holds at a gate, one that
fails, a node with gpus and who waits for one, a node that is lost; real.mjs looks at all of them in a browser and opens the gates.

    real.py --node NODE --packages DIR --program HELD_JOB
"""

import argparse
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster import BIN, Cluster, Failure  # noqa: E402  (the path is set above)

HERE = pathlib.Path(__file__).resolve().parent
NODES, EXECUTORS = 3, 3
LONG = "<b>nightly</b> " + "a-name-that-a-workflow-engine-made-" * 4 + "2026-11-24T10-00-00"


def submit(cluster, program, name, gate):
    gate.mkdir()
    cluster.rmctl("submit", "--name", name, "--num-executors", EXECUTORS, "--executor-cores", 1,
                  "--executor-memory", "256m", "--driver-memory", "256m", "--max-attempts", 1, program, gate)
    apps = cluster.get("/ws/v1/cluster/apps")["apps"]["app"]
    return next(app["id"] for app in apps if app["name"] == name)


def main():
    parser = argparse.ArgumentParser()
    for name in ("node", "packages", "program"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    settings = ["scheduler.heartbeat_interval=200ms", "scheduler.node_expiry=2s"]
    with Cluster(nodes=NODES, settings=settings, resources={"node-2": "gpu=2"}) as cluster:
        gate, failing = cluster.root / "gate", cluster.root / "gate-of-failing"
        held = submit(cluster, options.program, LONG, gate)
        holder, waiter = (cluster.rmctl("submit", "-o", "name", "--name", name, "--memory", "64m", "--resource",
                                        f"gpu={gpus}", "--", "/bin/sleep", "1000").stdout.strip()
                          for name, gpus in (("has-gpus", 2), ("wants-a-gpu", 1)))
        cluster.wait_app(holder, "RUNNING")
        address = cluster.rmctl("ui").stdout
        checks = subprocess.run(
            [options.node, HERE / "real.mjs", "--packages", options.packages, "--app", held, "--gate", gate,
             "--failing-gate", failing, "--submit-failing",
             " ".join(map(str, [BIN / "rmctl", "submit", "--name", "failing", "--num-executors", 1,
                                "--executor-memory", "256m", "--driver-memory", "256m", "--max-attempts", 1,
                                options.program, failing])),
             "--expect-nodes", str(NODES), "--expect-executors", str(EXECUTORS), "--expect-name", LONG,
             "--gpu-node", "node-2", "--gpu-holder", holder, "--gpu-waiter", waiter,
             "--agent-pid", str(cluster.processes["node-3"].pid), "--agent-name", "node-3"],
            input=address, text=True, env=cluster.environment(), timeout=240)
        if checks.returncode != 0:
            raise Failure(f"real.mjs ended with {checks.returncode}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
