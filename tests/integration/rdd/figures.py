#!/usr/bin/env python3
"""The figures of /api/v1 against a program whose sizes are known: 1000 numbers of 8 bytes, kept in memory in
4 partitions, kept on disk in 4, dealt out to 5; and a text of known length in 3 splits.

    figures.py PROGRAM BIN
"""

import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = sys.argv[1], sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402

BYTES = 1000 * 8
# A partition of 250 numbers as a block on disk: its head, and 2000 bytes, in multiples of 64.
DISK = 4 * (128 + 2048)
MEMORY_MAX = 256 * 1024 * 1024 // 4 * 3


def check(what, found, wanted):
    if found != wanted:
        raise cluster.Failure(f"{what}\nwanted {wanted}\nfound  {found}")
    print(f"ok: {what}: {found}")


def look(get, length):
    # The jobs may be over before the second executor has come.
    cluster.wait_for("two executors", lambda: len(get("/executors")) == 2)
    stages = get("/stages?status=complete")
    executors = get("/executors")

    def stage_sum(field):
        return sum(stage[field] for stage in stages)

    def executor_sum(field):
        return sum(one[field] for one in executors)

    check("two executors with their memory", [one["maxMemory"] for one in executors], [MEMORY_MAX] * 2)
    check("input of the stages is the text", stage_sum("inputBytes"), length)
    check("and of the executors", executor_sum("totalInputBytes"), length)
    check("records dealt out", stage_sum("shuffleWriteRecords"), 1000)
    check("and taken", stage_sum("shuffleReadRecords"), 1000)
    check("their bytes", [stage_sum("shuffleWriteBytes"), stage_sum("shuffleReadBytes")], [BYTES, BYTES])
    check("and by executors", [executor_sum("totalShuffleWrite"), executor_sum("totalShuffleRead")], [BYTES, BYTES])
    check("tasks: 3 splits, 4 that deal out, 5 that take", [stage_sum("numCompleteTasks"), executor_sum("totalTasks"),
                                                          executor_sum("completedTasks"), executor_sum("failedTasks")],
          [12, 12, 12, 0])

    kept = {rdd["name"]: rdd for rdd in get("/storage/rdd")}
    check("partitions kept", {name: (rdd["numPartitions"], rdd["numCachedPartitions"]) for name, rdd in kept.items()},
          {"in memory": (4, 4), "on disk": (4, 4)})
    memory, disk = kept["in memory"], kept["on disk"]
    check("in memory: no disk, and little more than the numbers", [memory["diskUsed"], BYTES <= memory["memoryUsed"] <=
                                                                  4 * BYTES], [0, True])
    check("on disk: no memory, and the bytes of the files", [disk["memoryUsed"], disk["diskUsed"]], [0, DISK])
    check("executors hold the same", [executor_sum("memoryUsed"), executor_sum("diskUsed"), executor_sum("rddBlocks")],
          [memory["memoryUsed"], DISK, 8])
    parts = get(f"/storage/rdd/{disk['id']}")["partitions"]
    check("and so do partitions", [sum(part["diskUsed"] for part in parts),
                                   sorted(part["blockName"] for part in parts)],
          [DISK, [f"rdd_{disk['id']}_{i}" for i in range(4)]])


def main():
    with cluster.Cluster(nodes=2) as target:
        text = target.root / "text"
        text.write_text("".join(f"line {i}\n" for i in range(10000)))
        program = subprocess.Popen([PROGRAM, str(text)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={**target.environment(), "HEDDLE_MASTER": f"heddle://127.0.0.1:{target.port}"})
        try:
            check("the program's answer", program.stdout.readline(), "10000 lines, 1000 rows\n")
            app = target.get("/ws/v1/cluster/apps?states=RUNNING")["apps"]["app"][0]["id"]
            look(lambda path: target.get(f"/api/v1/applications/{app}{path}"), text.stat().st_size)
            program.communicate("\n", timeout=60)
            check("the program ends well", program.returncode, 0)
        finally:
            program.kill()
            program.wait()


if __name__ == "__main__":
    try:
        main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
