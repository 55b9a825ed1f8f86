"""One application that says much more than may wait: its connection is closed with 1013 (try again later) and a
sentence, again and again, and other applications are served meanwhile."""

import threading
import time

from manager import Cluster, expect
from master import Master, fields

WAITING_MAX = 10_000  # messages of one master
TRY_AGAIN = 1013


def flood(master):
    """Three times as much as may wait, at once: one ask, stated again and again, whose template nobody knows. The code
    and the reason of the end."""
    size = fields(f1=128, f2=1)
    master.send([master.update(f6=fields(f1=1, f3=7, f5=size, f6=1 + i % 50)) for i in range(3 * WAITING_MAX)])
    while master.closed is None:
        master.read()
    return master.closed


def main():
    with Cluster(nodes=1) as cluster:
        quiet = cluster.submit(["/bin/true"])
        cluster.wait_app(quiet, "FINISHED")
        master = Master(cluster)
        ends, over = [], threading.Event()

        def again_and_again():
            while not over.is_set():
                ends.append(flood(master))
                master.connect()
        flooding = threading.Thread(target=again_and_again, daemon=True)
        flooding.start()
        slowest, served = 0.0, 0
        while served < 10 or (len(ends) < 2 and flooding.is_alive()):
            begun = time.monotonic()
            other = cluster.submit(["/bin/true"])
            expect("another application", cluster.wait_app(other, seconds=20)["finalStatus"], "SUCCEEDED")
            slowest = max(slowest, time.monotonic() - begun)
            served += 1
        over.set()
        flooding.join(60)
        expect("the flood is over", flooding.is_alive(), False)
        expect(f"codes of the ends {ends}", {code for code, _ in ends}, {TRY_AGAIN})
        expect(f"the reason '{ends[0][1]}'", "10000 messages" in ends[0][1] and "send fewer updates" in ends[0][1], True)
        expect("it lives", cluster.app(master.app)["state"], "RUNNING")
        expect("it came again", len(ends) >= 2, True)
        print(f"closed {len(ends)} times; of {served} others the slowest took {slowest:.2f} s")
    print("passed")


if __name__ == "__main__":
    main()
