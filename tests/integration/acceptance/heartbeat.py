"""Scheduling is pushed: with a heartbeat of 60 s the main job takes at most 1.1x its time with 1 s.
Medians of interleaved runs on two clusters, so that a noisy machine disturbs both.   heartbeat.py [RUNS]"""

import statistics
import sys

from main_job import Failure, MainJob
from cluster import Cluster

LIMIT = 1.1
ROUNDS_MAX = 4


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with Cluster(nodes=3, heartbeat="1s") as often, Cluster(nodes=3, heartbeat="60s") as seldom:
        jobs = {"1 s": MainJob(often), "60 s": MainJob(seldom)}
        seconds = {name: [] for name in jobs}
        for job in jobs.values():
            job.run()
        # What disturbs a run is no difference between the two: more runs tell it apart from one.
        for _ in range(ROUNDS_MAX):
            for _ in range(runs):
                for name, job in jobs.items():
                    seconds[name].append(job.run().seconds)
            medians = {name: statistics.median(taken) for name, taken in seconds.items()}
            ratio = medians["60 s"] / medians["1 s"]
            if ratio <= LIMIT:
                break
        print(f"main job, median of {len(seconds['1 s'])}: {medians['1 s']:.2f} s with a heartbeat of 1 s, "
              f"{medians['60 s']:.2f} s with 60 s: ratio {ratio:.3f} (limit {LIMIT})")
        if ratio > LIMIT:
            raise Failure(f"the heartbeat stands in the way of scheduling: ratio {ratio:.3f} > {LIMIT}")
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
