#!/usr/bin/env python3
"""Images/s of services under load: a gateway with drafter and refiner, and with a worker, over HTTP."""
import itertools, os, statistics, threading, time
from contextlib import ExitStack
from service import Service

SECONDS = float(os.environ["LOAD_SECONDS"])
STEPS, TYPE = os.environ["STEPS"].split()[0], os.environ["TYPES"].split()[0]
DRAFTER, REFINER = (f"synthetic:d{os.environ[f'{name}_DEPTH']}" for name in ("DRAFTER", "REFINER"))


def stage(name, device, batch, **models):
    """A drafter, refiner or worker with one model of each kind: its setting and checkpoint."""
    settings = {f"{name}__Device__Name": device, f"{name}__Device__Weights": TYPE, f"{name}__LargestBatch": batch}
    for kind, checkpoint in models.items():
        model = {"Name": "code", "Checkpoint": checkpoint, "Vqvae": "synthetic:vqvae", "Steps__0": STEPS}
        settings |= {f"{name}__{kind}__0__{key}": value for key, value in model.items()}
    return Service(name, **settings)


def start(kind, batch):
    device, other = os.environ["DEVICE"], os.environ["REFINER_DEVICE"]
    if kind == "worker":
        return [stage("Worker", device, batch, Drafters=DRAFTER, Refiners=REFINER)]
    return [stage("Drafter", device, batch, Models=DRAFTER), stage("Refiner", other, batch, Models=REFINER)]


def load(gateway, stages, batch):
    """Images/s, the share of the time in which each stage's device worked, and the median latency.

    Clients each ask for an image after the other: enough for a batch at each stage and one that waits before it.
    """
    numbers, answered, over = itertools.count(1), [], threading.Event()

    def client():
        connection = gateway.connect()
        while not over.is_set():
            asked = time.monotonic()
            status, answer = gateway.ask(
                "GET", f"/v1/image?label=0&steps={STEPS}&seed={next(numbers)}&format=rgb", connection=connection)
            if status != 200:
                raise RuntimeError(answer.decode())
            answered.append((time.monotonic(), time.monotonic() - asked))

    clients = [threading.Thread(target=client, daemon=True) for _ in range(4 * batch)]
    [each.start() for each in clients]
    time.sleep(SECONDS / 2)  # warms up
    before, began = busy(stages), time.monotonic()
    time.sleep(SECONDS)
    after, ended = busy(stages), time.monotonic()
    over.set()
    [each.join() for each in clients]
    counted = [latency for when, latency in answered if began <= when < ended]
    if not counted:
        raise SystemExit(f"no image was answered in {SECONDS:.0f} s")
    shares = [(last - first) / (ended - began) for first, last in zip(before, after)]
    return len(counted) / (ended - began), shares, statistics.median(counted)


def busy(stages):
    return [each.metric("code_device_busy_seconds_total") for each in stages]


print(f"{DRAFTER} + {REFINER}, N = {STEPS}, {TYPE}")
print("| stages | batch | images/s | busy | p50 ms |\n|---|---|---|---|---|")
for batch in map(int, os.environ["LOAD_BATCHES"].split()):
    for kind in "drafter and refiner", "worker":
        with ExitStack() as running:
            stages = [running.enter_context(each) for each in start(kind, batch)]
            [each.wait() for each in stages]
            drafters, refiners = stages[0].address, stages[-1].address
            gateway = running.enter_context(Service(
                "Gateway", Gateway__Drafters__0=drafters, Gateway__Refiners__0=refiners, Gateway__LargestBatch=batch))
            gateway.wait()
            rate, shares, median = load(gateway, stages, batch)
        works = " and ".join(f"{share:.0%}" for share in shares)
        print(f"| {kind} | {batch} | {rate:.2f} | {works} | {median * 1000:.0f} |", flush=True)
