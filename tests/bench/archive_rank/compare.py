#!/usr/bin/env python3
"""The main job beside the same computation by hand, in one invocation.

    compare.py BUILD [INDEX] [--times N] [--master MASTER] [--program PROGRAM]

Runs archive_rank (in local[2] unless told otherwise) and both hand-written programs in turn, N times
(5), and prints the medians of the text pass, of the ten rounds and of all: wall time, the processor
time of each program, and the ratios to the program of the same form (text keys, hash joins, combines)
and to dense arrays. All three must rank the same. Without INDEX it reads `apt-cache dumpavail`.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ORACLE = os.path.join(HERE, "..", "..", "oracle", "archive_rank.py")
LAPS = {"sections": "text", "link lists": "text"}
PHASES = ("text", "rounds", "all", "processor")


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, environment):
    """(standard output, seconds of wall time, of processor time)"""
    begin, spent = time.monotonic(), processor_seconds()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout, time.monotonic() - begin, processor_seconds() - spent


def figures_by_hand(output):
    found = dict(re.findall(r"^(text|rounds) ([0-9.]+)$", output, re.M))
    return {name: float(found[name]) for name in ("text", "rounds")}


def figures_of_program(output):
    figures = {"text": 0.0, "rounds": 0.0}
    table = output[output.index("Where the time went"):]
    for name, seconds in re.findall(r"^  (\S.*?) +([0-9.]+) s$", table, re.M):
        phase = LAPS.get(name, "rounds" if "rounds" in name else None)
        if phase:
            figures[phase] += float(seconds)
    return figures


def measure(programs, index, times, environment):
    """program -> phase -> seconds of each run; the programs take turns, so that they share luck."""
    seconds = {name: {phase: [] for phase in PHASES} for name in programs}
    for _ in range(times):
        for name, (program, figures_of) in programs.items():
            output, wall, processor = run([program, index], environment)
            figures = figures_of(output)
            figures["all"] = figures["text"] + figures["rounds"]
            figures["processor"] = processor
            for phase in PHASES:
                seconds[name][phase].append(figures[phase])
    return seconds


def check_answers(programs, index, folder, environment):
    tables = {}
    for name, (program, _) in programs.items():
        tables[name] = os.path.join(folder, name.replace(" ", "-"))
        os.mkdir(tables[name])
        out = [tables[name]] if name != "heddle" else ["--out", tables[name]]
        run([program, index, *out], environment)
    for name in tables:
        compared = subprocess.run([sys.executable, ORACLE, "compare", tables["dense"], tables[name]],
                                  capture_output=True, text=True, check=False)
        if compared.returncode != 0:
            sys.exit(f"{name} differs from dense arrays: {compared.stdout}{compared.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build")
    parser.add_argument("index", nargs="?")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--program", help="instead of the build's archive_rank")
    arguments = parser.parse_args()
    tests = os.path.join(arguments.build, "tests")
    programs = {
        "heddle": (arguments.program or os.path.join(arguments.build, "bin", "archive_rank"),
                   figures_of_program),
        "same form": (os.path.join(tests, "bench_archive_rank_same_form"), figures_by_hand),
        "dense": (os.path.join(tests, "bench_archive_rank_hand_written"), figures_by_hand),
    }
    environment = dict(os.environ, HEDDLE_MASTER=arguments.master)
    with tempfile.TemporaryDirectory() as folder:
        index = arguments.index
        if index is None:
            index = os.path.join(folder, "index.txt")
            with open(index, "wb") as file:
                subprocess.run(["apt-cache", "dumpavail"], stdout=file, check=True)
        check_answers(programs, index, folder, environment)
        seconds = measure(programs, index, arguments.times, environment)
    medians = {name: {phase: statistics.median(all_) for phase, all_ in phases.items()}
               for name, phases in seconds.items()}
    print(f"archive_rank in {arguments.master}, medians of {arguments.times} runs, seconds")
    print(f"{'':10} {'heddle':>9} {'same form':>10} {'ratio':>6} {'dense':>9} {'ratio':>6}")
    for phase in PHASES:
        mine, form, dense = (medians[name][phase] for name in programs)
        print(f"{phase:10} {mine:9.3f} {form:10.3f} {mine / form:6.2f} {dense:9.3f} {mine / dense:6.2f}")


if __name__ == "__main__":
    main()
