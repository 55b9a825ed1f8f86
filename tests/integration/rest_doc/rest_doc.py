"""Runs the shell blocks of docs/rest.md, in order and in one shell, against a real cluster."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from cluster import Cluster, Failure  # noqa: E402


def main():
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "rest.md").read_text(), re.M | re.S)
    if len(blocks) < 6:
        raise Failure(f"only {len(blocks)} shell blocks in docs/rest.md")
    script = "set -euo pipefail\n" + "\n".join(blocks) + '\nrm -r "$work"\n'
    with Cluster(nodes=1) as cluster:
        run = subprocess.run(["bash"], input=script, text=True, capture_output=True, timeout=100,
                             env=cluster.environment())
        if run.returncode != 0:
            raise Failure(f"the session of docs/rest.md ended with {run.returncode}:\n{run.stdout}\n{run.stderr}")
        for words in ("clusterInfo", "SUCCEEDED", "hello from container_", "good morning", "killed by user"):
            if words not in run.stdout:
                raise Failure(f"'{words}' is not in:\n{run.stdout}")
        metrics = cluster.get("/metrics")
        if 'heddle_apps_finished_total{state="killed"} 1' not in metrics:
            raise Failure(metrics)
    print("passed")


if __name__ == "__main__":
    main()
