#!/usr/bin/env python3
"""Counts the operators of libtorch that a program executes for one decoding of a batch.

  LIBTORCH=FOLDER count.py [--all] PROGRAM ARGUMENTS

FOLDER holds libtorch 2.10. PROGRAM takes --runs, as `published` and `code bench` do, and is run with --runs 1 and with
--runs 2: the difference of the two counts is one decoding, exactly. Needs g++.

An operator is a call that computes: views, reservations of memory and calls of no effect do not count. One that does
nothing but call others (linear, conv2d, softmax, multinomial) counts as those; any other counts once, whatever it calls
to do its own work (addmm copies its bias first, sort its indices). --all lists them by name.
"""
import collections, os, subprocess, sys, tempfile

listed = sys.argv[1:2] == ["--all"]
command = sys.argv[2 if listed else 1:]
if not command: sys.exit(__doc__)
if "LIBTORCH" not in os.environ: sys.exit("LIBTORCH must name a folder that holds libtorch 2.10.")
libtorch = os.path.abspath(os.environ["LIBTORCH"])

def count(observer, runs):
    file = f"{observer}.{runs}"
    preload = f"{os.environ.get('LD_PRELOAD', '')} {observer}".strip()
    environment = dict(os.environ, LD_PRELOAD=preload, OPERATOR_COUNTS=file)
    subprocess.run([*command, "--runs", str(runs)], env=environment, stdout=subprocess.DEVNULL, check=True)
    with open(file) as lines:
        return collections.Counter({name: int(number) for number, name in map(str.split, lines)})

with tempfile.TemporaryDirectory() as folder:
    observer = os.path.join(folder, "observer.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "observer.cpp")
    subprocess.run(["g++", "-O2", "-shared", "-fPIC", "-o", observer, source, os.path.join(libtorch, "libtorch_cpu.so"),
        f"-Wl,-rpath,{libtorch}", "-Wl,--allow-shlib-undefined"], check=True)
    one, two = count(observer, 1), count(observer, 2)
two.subtract(one)
for name, number in sorted(two.items(), key=lambda each: (-each[1], each[0])) if listed else ():
    if number: print(f"{number:7,} {name}")
print(f"{sum(two.values()):,} operators")
