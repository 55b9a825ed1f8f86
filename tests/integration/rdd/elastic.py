#!/usr/bin/env python3
"""Executors by demand on a real cluster: none without work, as many as tasks can use while they wait,
none again when they have been idle; and none of them is taken while it runs a task. One whose node is
drained goes, with what it keeps moved to others.

    elastic.py PROGRAM BIN
"""

import fcntl
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = sys.argv[1], sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402


def check(what, found, wanted):
    if found != wanted:
        raise cluster.Failure(f"{what}\nwanted {wanted}\nfound  {found}")
    print("ok:", what)


class Program:
    def __init__(self, target):
        self.target = target
        self.gate = open(target.root / "gate", "w")  # tasks go on when nobody holds its lock
        self.process = subprocess.Popen(
            [PROGRAM], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**target.environment(), "HEDDLE_MASTER": f"heddle://127.0.0.1:{target.port}",
                 "HEDDLE_TEST_GATE": self.gate.name})

    def reach(self, step):
        line = self.process.stdout.readline().strip()
        if line != step:
            raise cluster.Failure(f"the program should have come to '{step}', not to '{line}'")

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def go_on_with_three(self):
        """Begins a job, whose tasks end once three executors have one each."""
        fcntl.flock(self.gate, fcntl.LOCK_EX)
        self.go_on()
        cluster.wait_for("three executors to have a task each",
                         lambda: sum(one["activeTasks"] > 0 for one in self.get("/executors")) == 3, 30)
        fcntl.flock(self.gate, fcntl.LOCK_UN)

    def get(self, path):
        apps = self.target.get("/ws/v1/cluster/apps?states=RUNNING")["apps"]["app"]
        return self.target.get(f"/api/v1/applications/{apps[0]['id']}{path}")

    def ended(self):
        """The executors that have come and gone."""
        return [one for one in self.get("/allexecutors") if not one["isActive"]]


def story(target, program):
    program.reach("begun")
    check("without work there is no executor", target.containers(), {})
    for job in (1, 2):
        program.go_on_with_three()
        program.reach("counted")
        cluster.wait_for("the end of idle executors", lambda: not target.containers(), 30)
        cluster.wait_for("their loss to be seen", lambda: len(program.ended()) == 3 * job, 30)
        gone = program.ended()
        check(f"job {job} had 3 executors", len(gone), 3 * job)
        check("each has had tasks", [one["totalTasks"] > 0 for one in gone], [True] * 3 * job)
        check("none was taken from a task", sum(one["failedTasks"] for one in gone), 0)
        check("they were given back", {one["removeReason"] for one in gone}, {"it was idle, and is given back"})
    program.go_on_with_three()
    program.reach("kept")
    drain(target, program)


def executors(program):
    """host -> partitions that its executors keep."""
    return {one["hostPort"].split(":")[0]: one["rddBlocks"] for one in program.get("/executors")
            if one["isActive"] and one["id"] != "driver"}


def drain(target, program):
    before = executors(program)
    check("all partitions are kept, by each of three", (len(before), sum(before.values()), min(before.values()) > 0),
          (3, 6, True))
    target.rmctl("node", "drain", "node-2")
    wanted = sorted(set(before) - {"node-2"})
    after = cluster.wait_for("the executor of the drained node to go",
                             lambda: sorted(executors(program)) == wanted and executors(program), 30)
    check("the others keep all of them", sum(after.values()), 6)
    reasons = {one["removeReason"] for one in program.ended()}
    check("it knew why", "its node is taken out of service" in reasons, True)
    program.go_on()
    program.reach("kept")
    program.go_on()


def main():
    with cluster.Cluster(nodes=3, memory=1500, vcores=1) as target:
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
