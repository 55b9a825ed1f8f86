"""kill -9 of the resource manager at seeded points of the main job: container ids, pids and the attempt
count stay as they are, and the result is right.   manager_kill.py [POINTS] [SEED]"""

import random
import sys

from main_job import Failure, MainJob
from cluster import Cluster


def main():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    prng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 7)
    with Cluster(nodes=3) as cluster:
        job = MainJob(cluster)
        job.run()
        calm = job.run()
        for point in range(points):
            delay = prng.uniform(0.0, calm.seconds)

            def strike(run):
                run.over.wait(delay)
                before = cluster.containers()
                cluster.kill("resourcemanager")
                cluster.start_manager()
                after = cluster.containers()
                gone = sorted(name for name, pid in before.items() if after.get(name) != pid)
                # Towards its end the job lets its executors go by itself; that none was replaced is seen below.
                if gone and delay < calm.seconds * 0.7:
                    raise Failure(f"point {point} ({delay:.3f} s): {gone} did not outlive the manager")

            run = job.run(strike)
            if run.moved:
                raise Failure(f"point {point} ({delay:.3f} s): other pids in {run.moved}")
            if len(run.containers) != len(calm.containers):
                raise Failure(f"point {point} ({delay:.3f} s): {len(run.containers)} containers instead of "
                              f"{len(calm.containers)}: {sorted(run.containers)}")
            if run.attempts() != 1:
                raise Failure(f"point {point} ({delay:.3f} s): {run.attempts()} attempts")
            print(f"point {point}: manager killed after {delay:.3f} s of {run.seconds:.2f} s: "
                  f"{len(run.containers)} containers kept, 1 attempt, result equal", flush=True)
    print(f"{points} passed, 0 failed")


if __name__ == "__main__":
    main()
