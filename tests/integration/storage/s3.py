#!/usr/bin/env python3
"""Inputs and outputs in S3, against a server that checks signatures: splits, saves, large parts, attempts that are
killed or doubled, retries, refusals, and that no secret shows.

    s3.py NODE PACKAGES PROGRAM BIN
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from storage import Storage, expect, main, start  # noqa: E402

NODE, PACKAGES, PROGRAM, os.environ["HEDDLE_HOME"] = sys.argv[1:5]
HERE = pathlib.Path(__file__).resolve().parent
BUCKET, KEY, SECRET = "heddle-test", "AKIATESTTESTTEST", "seCret/With+odd=signs/not.to.be.seen"
CLUSTER = "local-cluster[2,1,512]"


class Server:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        # The tokens of its lists are made with DES, which OpenSSL 3 counts as legacy.
        self.process = start([NODE, "--openssl-legacy-provider", HERE / "s3_server.mjs", PACKAGES, folder, BUCKET, KEY,
                              SECRET], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = self.process.stdout.readline().strip()
        expect(port.isdigit(), f"the server has no port: {port}")
        self.port = int(port)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)

    def keys(self, prefix):
        """Of the objects below a prefix, as they lie in the server's folder."""
        top = self.folder / "data" / BUCKET
        found = (str(path.relative_to(top)) for path in top.rglob("*._S3rver_object"))
        return sorted(key.removesuffix("._S3rver_object") for key in found if key.startswith(prefix))


def outputs(server, storage):
    everything = ["part-00000", "part-00001", "_SUCCESS"]
    storage.run("local[2]", "text")
    storage.run("local[2]", "compressed")
    storage.run("local[2]", "large")
    expect(server.keys("data/large/") == ["data/large/_SUCCESS", "data/large/part-00000"], server.keys("data/large"))
    storage.run("local[2]", "failed")
    expect(server.keys("data/failed") == [], f"an output that failed shows {server.keys('data/failed')}")
    storage.run(CLUSTER, "killed")
    expect(server.keys("data/killed/") == sorted(f"data/killed/{name}" for name in everything),
           server.keys("data/killed"))
    storage.run(CLUSTER, "doubled", settings=["spark.speculation=true", "spark.speculation.interval=100ms",
                                              "spark.speculation.quantile=0.5"])
    expect(len(server.keys("data/doubled/")) == 5, server.keys("data/doubled"))
    storage.run("local[2]", "changed")
    storage.run(CLUSTER, "checkpoint")


def styles(server, storage):
    """Buckets in the host's name, and the other schemes."""
    host = [f"spark.hadoop.fs.s3a.endpoint=s3.localhost:{server.port}", "spark.hadoop.fs.s3a.path.style.access=false"]
    storage.run("local[2]", "text", base=f"s3n://{BUCKET}/host", settings=host)
    storage.run("local[2]", "text", base=f"s3://{BUCKET}/plain")


def retries(server, storage):
    (server.folder / "faults").touch()
    storage.run("local[2]", "text", base=f"s3a://{BUCKET}/faults")
    (server.folder / "faults").unlink()


def refusals(server, storage):
    def said(words, base=None, settings=(), environment=None):
        out, errors = storage.run("local[2]", "refused", base, settings, environment=environment)
        expect(out.strip(), f"no refusal is said: {errors}")
        for line in out.splitlines():
            for word in words:
                expect(word in line, f"no '{word}' in: {out}{errors}")

    said(["no bucket 'no-such-bucket'"], base="s3a://no-such-bucket/x")
    said(["the credentials are refused", "SignatureDoesNotMatch", "check fs.s3a.access.key"],
         settings=["fs.s3a.access.key=" + KEY, "fs.s3a.secret.key=wrong"])
    said(["the credentials are refused", "InvalidAccessKeyId"],
         settings=["fs.s3a.access.key=nobody", "fs.s3a.secret.key=wrong"])
    said(["the endpoint is http://127.0.0.1:1", "fs.s3a.endpoint"],
         settings=["spark.hadoop.fs.s3a.endpoint=127.0.0.1:1", "fs.s3a.attempts.maximum=1"])
    said(["without a good bucket name", "never in a path"], base=f"s3a://{KEY}:{SECRET}@{BUCKET}/x")


def test():
    with tempfile.TemporaryDirectory(prefix="heddle-s3-") as folder:
        credentials = pathlib.Path(folder) / "credentials"
        credentials.write_text(f"[other]\naws_access_key_id = x\naws_secret_access_key = y\n\n[default]\n"
                               f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
        server = Server(folder)
        settings = [f"spark.hadoop.fs.s3a.endpoint=127.0.0.1:{server.port}",
                    "spark.hadoop.fs.s3a.path.style.access=true",
                    "spark.hadoop.fs.s3a.connection.ssl.enabled=false", "spark.hadoop.fs.s3a.multipart.size=5m"]
        clean = {name: "" for name in os.environ if name.startswith("AWS_")}
        storage = Storage(PROGRAM, f"s3a://{BUCKET}/data", settings,
                          {**clean, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)})
        said = []
        run = storage.run

        def recorded(*arguments, **options):
            out, errors = run(*arguments, **options)
            said.append(out + errors)
            return out, errors

        storage.run = recorded
        try:
            outputs(server, storage)
            styles(server, storage)
            retries(server, storage)
            expect(storage.seen, "no process of the program was seen")
            expect(not any(SECRET in line for line in storage.seen), "the secret is in a command line")
            refusals(server, storage)
            expect(not any(SECRET in text for text in said), "the secret is in what the program says")
        finally:
            server.stop()


main(test)
