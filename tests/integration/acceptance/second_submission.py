"""A second submission of the same program uploads nothing."""

from main_job import Failure, MainJob
from cluster import Cluster


def main():
    with Cluster(nodes=3) as cluster:
        job = MainJob(cluster)
        first, second = job.run(), job.run()
        if "Uploaded 0 bytes" in first.output:
            raise Failure(f"the first submission uploaded nothing:\n{first.output}")
        if "Uploaded 0 bytes" not in second.output:
            raise Failure(f"the second submission uploaded again:\n{second.output}")
        print("second submission: " + next(line for line in second.output.splitlines() if "Uploaded" in line))
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
