#!/usr/bin/env python3
"""Inputs and outputs in HDFS, against its own NameNode and DataNode. Skipped, and says so, without Java or without
Hadoop's jars in the folder that HEDDLE_HADOOP_JARS names (hadoop_pom.xml fetches them).

    hdfs.py PROGRAM BUILD
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from storage import Failure, Storage, expect, main, start  # noqa: E402

PROGRAM, os.environ["HEDDLE_HOME"] = sys.argv[1:3]
SKIPPED = 77
CLUSTER = "local-cluster[2,1,512]"


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def jars():
    if shutil.which("java") is None:
        skip("no java on the path")
    folder = os.environ.get("HEDDLE_HADOOP_JARS", "")
    if not folder or not list(pathlib.Path(folder).glob("hadoop-hdfs-3*.jar")):
        skip("HEDDLE_HADOOP_JARS names no folder with hadoop-hdfs and what it needs; hadoop_pom.xml fetches it")
    return folder


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def site(path, values):
    body = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in values.items())
    path.write_text(f"<configuration>{body}</configuration>")


class Hdfs:
    def __init__(self, folder, jar_folder):
        self.folder = pathlib.Path(folder)
        self.rpc, self.web = free_port(), free_port()
        site(self.folder / "core-site.xml", {"fs.defaultFS": f"hdfs://127.0.0.1:{self.rpc}",
                                             "hadoop.tmp.dir": self.folder / "tmp"})
        site(self.folder / "hdfs-site.xml", {
            "dfs.replication": 1, "dfs.blocksize": 1 << 20, "dfs.namenode.http-address": f"127.0.0.1:{self.web}",
            "dfs.namenode.name.dir": self.folder / "name", "dfs.datanode.data.dir": self.folder / "data",
            "dfs.datanode.address": "127.0.0.1:0", "dfs.datanode.http.address": "127.0.0.1:0",
            "dfs.datanode.ipc.address": "127.0.0.1:0", "dfs.datanode.hostname": "localhost",
            "dfs.permissions.enabled": "true", "dfs.namenode.safemode.extension": 0})
        (self.folder / "log4j.properties").write_text(
            "log4j.rootLogger=WARN,A\nlog4j.appender.A=org.apache.log4j.ConsoleAppender\n"
            "log4j.appender.A.layout=org.apache.log4j.PatternLayout\nlog4j.appender.A.layout.ConversionPattern=%m%n\n")
        for page in ("hdfs", "datanode", "static"):  # pages that are not in the jars
            (self.folder / "webapps" / page).mkdir(parents=True)
        self.java = ["java", "-Xmx512m", "--add-opens=java.base/java.lang=ALL-UNNAMED",
                     "-cp", f"{self.folder}:{jar_folder}/*"]
        server = "org.apache.hadoop.hdfs.server."
        self.log = open(self.folder / "log", "w")
        subprocess.run([*self.java, server + "namenode.NameNode", "-format", "-nonInteractive"], check=True,
                       stdout=self.log, stderr=self.log, timeout=120, env=self.environment())
        self.processes = [self.start(server + "namenode.NameNode"), self.start(server + "datanode.DataNode")]
        try:
            self.wait()
        except Failure:
            self.stop()
            raise

    def environment(self):
        return {**os.environ, "HADOOP_USER_NAME": "hdfs"}

    def start(self, name):
        return start([*self.java, name], stdout=self.log, stderr=self.log, env=self.environment())

    def wait(self):
        """Until a file can be made: the data node is there."""
        end = time.monotonic() + 300
        while time.monotonic() < end:
            expect(all(process.poll() is None for process in self.processes), self.what())
            try:
                bean = "Hadoop:service=NameNode,name=FSNamesystemState"
                with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/jmx?qry={bean}", timeout=5) as answer:
                    if json.load(answer)["beans"][0]["NumLiveDataNodes"] == 1:
                        return
            except (OSError, ValueError, LookupError):
                pass
            time.sleep(0.3)
        raise Failure("HDFS does not start: " + self.what())

    def what(self):
        return (self.folder / "log").read_text()[-2000:]

    def ask(self, method, path, query):
        url = f"http://127.0.0.1:{self.web}/webhdfs/v1{path}?user.name=hdfs&{query}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=120) as answer:
            return json.load(answer) if answer.headers.get_content_type() == "application/json" else None

    def names(self, path):
        listed = self.ask("GET", path, "op=LISTSTATUS")["FileStatuses"]["FileStatus"]
        return sorted(one["pathSuffix"] for one in listed)

    def stop(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self.log.close()


def checks(hdfs):
    hdfs.ask("PUT", "/data", "op=MKDIRS&permission=777")
    hdfs.ask("PUT", "/closed", "op=MKDIRS&permission=700")
    web = [f"spark.hadoop.dfs.namenode.http-address=127.0.0.1:{hdfs.web}"]
    storage = Storage(PROGRAM, f"hdfs://127.0.0.1:{hdfs.rpc}/data", web, {"HADOOP_USER_NAME": "weaver"})
    for check in ("text", "compressed", "large", "failed", "changed"):
        storage.run("local[2]", check)
    storage.run(CLUSTER, "killed")
    expect(hdfs.names("/data/killed") == ["_SUCCESS", "part-00000", "part-00001"], hdfs.names("/data/killed"))
    storage.run(CLUSTER, "doubled", settings=["spark.speculation=true", "spark.speculation.interval=100ms",
                                              "spark.speculation.quantile=0.5"])
    storage.run(CLUSTER, "checkpoint")
    expect(not any(name.startswith("._") for name in hdfs.names("/data")), hdfs.names("/data"))
    out, _ = storage.run("local[2]", "hosts")
    expect(out.split() and set(out.split()) == {"localhost"}, f"hosts of splits: {out}")
    status = hdfs.ask("GET", "/data/text/part-00000", "op=GETFILESTATUS")["FileStatus"]
    expect(status["owner"] == "weaver" and status["blockSize"] == 1 << 20, status)
    storage.run("local[2]", "text", base=f"webhdfs://127.0.0.1:{hdfs.web}/data/web", good=False)
    hdfs.ask("PUT", "/data/web", "op=MKDIRS&permission=777")
    storage.run("local[2]", "text", base=f"webhdfs://127.0.0.1:{hdfs.web}/data/web")
    out, _ = storage.run("local[2]", "refused", base=f"hdfs://127.0.0.1:{hdfs.rpc}/closed")
    expect("AccessControlException" in out and "weaver" in out, out)
    out, _ = storage.run("local[2]", "refused", base="hdfs://127.0.0.1:1/x",
                         settings=["spark.hadoop.dfs.namenode.http-address=127.0.0.1:1"])
    expect("at http://127.0.0.1:1" in out, out)


def test():
    jar_folder = jars()
    with tempfile.TemporaryDirectory(prefix="heddle-hdfs-") as folder:
        hdfs = Hdfs(folder, jar_folder)
        try:
            checks(hdfs)
        finally:
            hdfs.stop()


main(test)
