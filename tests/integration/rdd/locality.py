#!/usr/bin/env python3
"""Where tasks run on a real cluster, as taskLocality of /api/v1 says: in the process that keeps their
partition; on the node of their source when that process was killed; and, while that node is full,
anywhere, after the locality wait.

    locality.py PROGRAM BIN
"""

import os
import pathlib
import signal
import subprocess
import sys
from datetime import datetime

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = sys.argv[1], sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402

WAIT_MS = 1000  # locality.wait of the program


def check(what, found, wanted):
    if found != wanted:
        raise cluster.Failure(f"{what}\nwanted {wanted}\nfound  {found}")
    print("ok:", what)


def milliseconds(text):
    return datetime.strptime(text.replace("GMT", "+0000"), "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000


class Program:
    def __init__(self, target):
        self.target = target
        self.process = subprocess.Popen(
            [PROGRAM, str(target.root / "gate")], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**target.environment(), "HEDDLE_MASTER": f"heddle://127.0.0.1:{target.port}"})

    def reach(self, step):
        line = self.process.stdout.readline().strip()
        if line != step:
            raise cluster.Failure(f"the program should have come to '{step}', not to '{line}'")

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def get(self, path):
        apps = self.target.get("/ws/v1/cluster/apps?states=RUNNING")["apps"]["app"]
        return self.target.get(f"/api/v1/applications/{apps[0]['id']}{path}")

    def last_stage(self):
        """The newest stage and its tasks."""
        stage = max(self.get("/stages"), key=lambda one: one["stageId"])
        return stage, self.get(f"/stages/{stage['stageId']}/{stage['attemptId']}/taskList?length=100")

    def wait_executors(self):
        def three():
            there = [one for one in self.get("/executors") if one["isActive"]]
            return len(there) == 3 and there
        return cluster.wait_for("three executors", three, 30)


def where(tasks):
    return sorted((task["taskLocality"], task["host"].split(":")[0], task["status"]) for task in tasks)


def story(target, program):
    program.reach("executors are asked for")
    hosts = sorted(one["hostPort"].split(":")[0] for one in program.wait_executors())
    check("each node has one executor", hosts, ["node-1", "node-2", "node-3"])

    program.go_on()
    program.reach("kept")
    check("kept partitions are read in their process", where(program.last_stage()[1]),
          [("PROCESS_LOCAL", "node-2", "SUCCESS")] * 4)

    victim = next(pid for pid in target.containers().values()
                  if b"NM_HOST=127.0.0.2\0" in pathlib.Path(f"/proc/{pid}/environ").read_bytes() + b"\0")
    os.kill(victim, signal.SIGKILL)
    cluster.wait_for("the loss to be seen", lambda: any(not one["isActive"] for one in program.get("/allexecutors")))
    program.wait_executors()
    program.go_on()
    program.reach("again")
    check("without it they run on the node of their source", where(program.last_stage()[1]),
          [("NODE_LOCAL", "node-2", "SUCCESS")] * 4)

    program.go_on()
    program.reach("elsewhere")
    stage, tasks = program.last_stage()
    check("with that node full they run anywhere", sorted({(t["taskLocality"], t["host"].split(":")[0] == "node-2")
                                                           for t in tasks}), [("ANY", False)])
    waited = [milliseconds(task["launchTime"]) - milliseconds(stage["submissionTime"]) for task in tasks]
    check(f"after the locality wait, {WAIT_MS} ms: {waited}", min(waited) >= WAIT_MS - 1, True)
    program.go_on()


def main():
    # Room for one executor per node, so that its replacement comes to the same one.
    with cluster.Cluster(nodes=3, memory=700, vcores=1) as target:
        program = Program(target)
        try:
            story(target, program)
            check("the program ends well", program.process.wait(60), 0)
        finally:
            program.process.kill()
            program.process.wait()


if __name__ == "__main__":
    try:
        main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
