"""What the rounds of the main job read and where their tasks run, as /api/v1 of the running job shows it:
the text is read in the first pass and never again, and tasks run where their partitions are kept."""

import time

from main_job import Failure, MainJob, wait_for
from cluster import Cluster

ROUNDS = 10
NEAR = 0.95  # of the tasks on partitions that are kept


class Stages:
    """Complete stages of a run and their tasks, taken while the driver that knows them is there."""

    def __init__(self, cluster):
        self.cluster, self.complete = cluster, {}  # (stage, attempt) -> (stage, tasks)

    def collect(self, run):
        app = wait_for("the application", lambda: self.application(run), 60)
        root = f"/api/v1/applications/{app}"
        while self.cluster.app(app)["state"] in ("SUBMITTED", "ACCEPTED", "RUNNING"):
            status, stages = self.cluster.request("GET", root + "/stages?status=complete")
            for stage in stages if status == 200 else []:
                key = (stage["stageId"], stage["attemptId"])
                if key not in self.complete:
                    status, tasks = self.cluster.request("GET", f"{root}/stages/{key[0]}/{key[1]}/taskList?length=1000")
                    if status == 200:
                        self.complete[key] = (stage, tasks)
            time.sleep(0.02)  # between two looks; the test waits for nothing here

    def application(self, run):
        apps = self.cluster.get("/ws/v1/cluster/apps")["apps"].get("app", [])
        return next((app["id"] for app in apps if app["name"] == run.name), None)

    def in_order(self):
        return [self.complete[key] for key in sorted(self.complete)]


def names(stage):
    """Names of the RDDs that a stage goes through: "RDD 14 round 2 at archive_rank.cpp:140" is "round 2"."""
    return [line.split(" ", 2)[2].split(" at ")[0] for line in stage["details"].splitlines()]


def check_input(stages):
    first = [stage for stage, _ in stages if "text_records" in names(stage)]
    # What was parsed is kept: the text is read by the first of them.
    if not first or first[0]["inputBytes"] == 0:
        raise Failure(f"the pass over the text reads nothing: {[(s['name'], s['inputBytes']) for s in first]}")
    for number in range(2, ROUNDS + 1):
        ours = [stage for stage, _ in stages if f"round {number}" in names(stage)]
        if not ours:
            raise Failure(f"no stage of round {number} was seen")
        reading = [(stage["name"], stage["inputBytes"]) for stage in ours if stage["inputBytes"] != 0]
        if reading:
            raise Failure(f"round {number} reads input again: {reading}")
    print(f"the text: {first[0]['inputBytes']} bytes; rounds 2 to {ROUNDS}: 0 bytes")


def check_locality(stages):
    kept, near, total = set(), 0, 0  # an RDD is kept once a stage that computes it is over
    for stage, tasks in stages:
        found = set(names(stage))
        if found & kept:
            where = [task["taskLocality"] for task in tasks if task["status"] == "SUCCESS"]
            near += where.count("PROCESS_LOCAL")
            total += len(where)
        kept |= {name for name in found if name == "links" or name.startswith("round ")}
    print(f"tasks on partitions that are kept: {near} of {total} PROCESS_LOCAL")
    if total < ROUNDS * 6 or near < NEAR * total:
        raise Failure(f"{near} of {total} tasks ran where their partition is kept")


def main():
    with Cluster(nodes=3) as cluster:
        stages = Stages(cluster)
        MainJob(cluster).run(stages.collect)
        check_input(stages.in_order())
        check_locality(stages.in_order())
    print("2 passed, 0 failed")


if __name__ == "__main__":
    main()
