#!/usr/bin/env python3
"""What a warm cluster of real daemons on this machine takes, each figure beside a floor that is measured in the
same run.   cluster_bench.py [--times N] [--index FILE]

- from a submission over REST to the first instruction of its command; floor: the same command by posix_spawn
- an RDD program in client mode: from its submission to the launch of its first task, and a small one from start to
  answer; floor: that small program in local[2]
- the main job in cluster mode, submission to end; floor: the same program in local[2]
- from kill -9 of the resource manager to its first answer; floor: the program prints its version
"""

import argparse
import datetime
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
TESTS = pathlib.Path(os.environ.get("HEDDLE_TESTS", ROOT / "build/tests"))
sys.path.insert(0, str(ROOT / "tests/support"))

from cluster import BIN, Cluster, wait_for  # noqa: E402  (the path is set above)


def report(what, seconds, floor_name, floors):
    ordered = sorted(seconds)
    p50, floor = statistics.median(ordered), statistics.median(floors)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    print(f"{what}: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms of {len(ordered)}; "
          f"{floor_name}: {floor * 1000:.1f} ms; ratio {p50 / floor:.1f}", flush=True)


def stamp_command(path):
    """A command that writes the time at which it began."""
    return ["/bin/sh", "-c", f"date +%s%N >{path}.new; mv {path}.new {path}"]


def began(path):
    wait_for("the command to begin", path.exists, 20, step=0.0005)
    return int(path.read_text()) / 1e9


def commands(cluster, times):
    waits, floors = [], []
    for number in range(times + 2):
        path = cluster.root / f"began-{number}"
        asked = time.time()
        app = cluster.submit(stamp_command(path))
        first = began(path) - asked
        cluster.wait_app(app)
        floor = cluster.root / f"floor-{number}"
        asked = time.time()
        os.waitpid(os.posix_spawn("/bin/sh", stamp_command(floor), os.environ), 0)
        if number >= 2:  # warm
            waits.append(first)
            floors.append(began(floor) - asked)
    report("submission to its command", waits, "posix_spawn of it", floors)


def spark_time(text):
    """Spark's dates: "2026-01-01T00:00:00.000GMT"."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fGMT").replace(tzinfo=datetime.timezone.utc).timestamp()


def first_task(cluster):
    """Seconds from the submission, as the manager notes it, to the first launch, as the driver does."""
    program = subprocess.Popen(
        [TESTS / "masters_program", "--jobs"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**cluster.environment(), "HEDDLE_MASTER": f"heddle://127.0.0.1:{cluster.port}", "HEDDLE_TEST_HOLD": "1"})
    try:
        while not program.stdout.readline().startswith("holding"):
            pass
        app = cluster.get("/ws/v1/cluster/apps?states=RUNNING")["apps"]["app"][0]
        stages = cluster.get(f"/api/v1/applications/{app['id']}/stages")
        launched = min(spark_time(stage["firstTaskLaunchedTime"]) for stage in stages if "firstTaskLaunchedTime" in stage)
        return launched - app["startedTime"] / 1000
    finally:
        program.communicate("\n", timeout=60)


def client_mode(cluster, times):
    text = cluster.root / "words.txt"
    text.write_text("one two three\n" * 1000)
    firsts, answers, floors = [], [], []
    for number in range(times + 1):
        first = first_task(cluster)
        started = time.monotonic()
        subprocess.run([BIN / "word_count", text], env={**os.environ, "HEDDLE_MASTER": "local[2]"}, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        local = time.monotonic() - started
        asked = time.time()
        program = subprocess.Popen([BIN / "word_count", text], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**cluster.environment(), "HEDDLE_MASTER": f"heddle://127.0.0.1:{cluster.port}",
                                        "HEDDLE_SETTINGS": "executor.memory=256m\nexecutor.instances=2"})
        program.wait(60)
        whole = time.time() - asked
        if number >= 1:  # warm
            firsts.append(first)
            answers.append(whole)
            floors.append(local)
    report("submission of an RDD program to its first task", firsts, "word_count in local[2]", floors)
    report("word_count in client mode, start to answer", answers, "word_count in local[2]", floors)


def main_job(cluster, index, times):
    whole, floors = [], []
    for number in range(times + 1):
        started = time.monotonic()
        cluster.rmctl("submit", "--wait", "--num-executors", 3, "--executor-cores", 1, "--executor-memory", "512m",
                      "--driver-memory", "512m", BIN / "archive_rank", index)
        took = time.monotonic() - started
        started = time.monotonic()
        subprocess.run([BIN / "archive_rank", index], env={**os.environ, "HEDDLE_MASTER": "local[2]"}, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if number >= 1:
            whole.append(took)
            floors.append(time.monotonic() - started)
    report("the main job in cluster mode, rmctl submit --wait", whole, "the same program in local[2]", floors)


def manager_back(cluster, times):
    backs, floors = [], []
    for _ in range(times):
        started = time.monotonic()
        cluster.kill("resourcemanager")
        cluster.start_manager()
        backs.append(time.monotonic() - started)
        cluster.wait_nodes(3)
        started = time.monotonic()
        subprocess.run([BIN / "resourcemanager", "--version"], check=True, stdout=subprocess.DEVNULL)
        floors.append(time.monotonic() - started)
    report("kill -9 of the manager to its first answer", backs, "the program prints its version", floors)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--index", type=pathlib.Path)
    options = parser.parse_args()
    with Cluster(nodes=3) as cluster:
        index = options.index
        if index is None:
            index = cluster.root / "packages.txt"
            with open(index, "wb") as file:
                subprocess.run(["apt-cache", "dumpavail"], stdout=file, check=True)
        commands(cluster, options.times)
        client_mode(cluster, options.times)
        main_job(cluster, index, options.times)
        manager_back(cluster, options.times)


if __name__ == "__main__":
    main()
