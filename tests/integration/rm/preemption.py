"""What was taken back from queues, over REST: nothing, and switched off unless it is configured."""

from manager import expect, manager, wait_for

PATH = "/heddle/v1/preemptions"
CONFIGURATION = b"""
preemption.enabled = true
[queues."root.default"]
[queues."root.kept"]
preemption_disabled = true
"""


def disabled(cluster):
    return [(one["queue"], one["preemptionDisabled"]) for one in cluster.get(PATH)["preemptions"]["queues"]]


def main():
    with manager() as cluster:
        shown = cluster.get(PATH)["preemptions"]
        expect("taken and marked", (shown["taken"], shown["marked"]), ([], []))
        expect("switched off", disabled(cluster), [("root.default", True)])
        expect("sums", [(one["containers"], one["masters"], one["preempted"]["memory"]) for one in shown["queues"]],
               [(0, 0, 0)])
        status, answer = cluster.request("PUT", "/heddle/v1/scheduler-config", CONFIGURATION,
                                         {"Content-Type": "application/toml"})
        expect(f"switched on: {answer}", status, 200)
        wait_for("all but the one that keeps what it has",
                 lambda: disabled(cluster) == [("root.default", False), ("root.kept", True)])
    print("passed")


if __name__ == "__main__":
    main()
