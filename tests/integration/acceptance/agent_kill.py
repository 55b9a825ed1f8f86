"""kill -9 of a node agent keeps its containers and their exit codes, of those too that end while it is
away."""

import os

from main_job import Failure, wait_for
from cluster import Cluster


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r} instead of {wanted!r}")


def main():
    with Cluster(nodes=1, memory=4096, vcores=8) as cluster:
        # Each reads one line from its own gate, then ends with its own code.
        gates = {code: cluster.root / f"gate-{code}" for code in (0, 3, 7)}
        apps = {}
        for code, gate in gates.items():
            os.mkfifo(gate)
            apps[code] = cluster.submit(["/bin/sh", "-c", f"read line < {gate}; exit {code}"])
        for app in apps.values():
            cluster.wait_app(app, "RUNNING")
        before = cluster.containers()
        expect("containers before", len(before), 3)
        cluster.kill("node-1")
        cluster.start_node("node-1")
        cluster.wait_nodes(1)
        expect("containers after the agent's return", cluster.containers(), before)
        cluster.kill("node-1")
        for gate in gates.values():  # they end while no agent is there
            with open(gate, "w") as opened:
                opened.write("go\n")
        wait_for("the containers to end", lambda: not cluster.containers())
        cluster.start_node("node-1")
        for code, app in apps.items():
            end = cluster.wait_app(app)
            expect(f"final status of exit {code}", end["finalStatus"], "SUCCEEDED" if code == 0 else "FAILED")
            if code != 0 and str(code) not in end["diagnostics"]:
                raise Failure(f"diagnostics do not name exit code {code}: {end['diagnostics']!r}")
            print(f"{app}: exit code {code} known after two kills of the agent: {end['finalStatus']}")
    print("3 passed, 0 failed")


if __name__ == "__main__":
    main()
