#!/usr/bin/env python3
"""A function that allocates without bound: its job fails with the task, the partition and the cause; the
executors that are left, and other jobs, go on. Where the system refuses memory it is the task that fails;
where a node ends the container for it, the executor goes.

    hoards.py PROGRAM BIN
"""

import os
import pathlib
import resource
import subprocess
import sys

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402

ADDRESSES = 1 << 30  # what a process may have where the system refuses


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))


def run(master, mib, environment, before=None):
    return subprocess.run([PROGRAM, "--hoard", str(mib)], text=True, capture_output=True, timeout=200,
                          stdin=subprocess.DEVNULL, preexec_fn=before,
                          env={**environment, "HEDDLE_MASTER": master,
                               "HEDDLE_HOME": str(pathlib.Path(sys.argv[2]).parent)})


def check(what, done, *parts):
    for part in ("partition 4: ", "task for partition 4 of stage", "(count at masters_program.cpp:",
                 "failed 4 times, most recently", "beside it: 8", "and on: 8", *parts):
        if done.returncode != 0 or part not in done.stdout:
            raise cluster.Failure(f"{what}: '{part}' is not said\n{done.stdout}\n{done.stderr}")
    print("ok:", what)


def main():
    check("a task whose allocation is refused fails, and its executor lives",
          run("local-cluster[2,1,256]", 1 << 20, os.environ, limited),
          "out of memory (the system refused)", "[input: 5]")
    target = cluster.Cluster(nodes=2)
    target.node_settings.append("node.memory_check=200ms")
    with target:
        check("an executor beyond the size of its container is ended, and replaced",
              run(f"heddle://127.0.0.1:{target.port}", 900, target.environment()),
              "with its executor", "MiB and its size is")


if __name__ == "__main__":
    try:
        main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
