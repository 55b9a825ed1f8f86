"""kill -9 of an executor at seeded points of the main job: the result is right.
executor_kill.py [POINTS] [SEED]"""

import os
import random
import signal
import sys

from main_job import Failure, MainJob, wait_for
from cluster import Cluster


def main():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    prng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 11)
    with Cluster(nodes=3) as cluster:
        job = MainJob(cluster)
        job.run()
        calm = job.run()
        struck = []
        for point in range(points):
            delay = prng.uniform(0.0, calm.seconds * 0.6)

            def strike(run):
                wait_for("an executor", run.executors, 60)
                run.over.wait(delay)
                alive = sorted(run.executors().items())
                if not alive:
                    print(f"point {point}: the job was over before {delay:.3f} s")
                    return
                container, pid = alive[prng.randrange(len(alive))]
                os.kill(pid, signal.SIGKILL)
                struck.append(point)
                print(f"point {point}: killed {container} (pid {pid}) {delay:.3f} s after the first executor")

            run = job.run(strike)
            print(f"point {point}: result equal after {run.seconds:.2f} s, {len(run.containers)} containers",
                  flush=True)
        if len(struck) < points * 0.8:
            raise Failure(f"only {len(struck)} of {points} kills struck a living executor")
    print(f"{points} passed, 0 failed")


if __name__ == "__main__":
    main()
