#!/usr/bin/env python3
"""Measures the memory of CoDe, or times it in turn with the published implementation: bench.py memory|compare

The peak of a GPU's memory is that of the driver while the program runs, less what was taken before, so that it is the
same for any program; on the CPU it is the process's resident memory. Settings are variables, as `run` has them.
"""
import ctypes, json, os, subprocess, sys, threading

DEVICE = os.environ["DEVICE"]
GPU = DEVICE.partition(":")[2] or "0" if DEVICE.startswith("cuda") else None
DRAFTER, REFINER = os.environ["DRAFTER_DEPTH"], os.environ["REFINER_DEPTH"]
STEPS, BATCHES, TYPES = (os.environ[name].split() for name in ("STEPS", "BATCHES", "TYPES"))


class Peak:
    """The peak of the GPU's memory inside a block."""

    class Memory(ctypes.Structure):
        _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]

    def __init__(self):
        self.library, self.device = ctypes.CDLL("libnvidia-ml.so.1"), ctypes.c_void_p()
        self.library.nvmlInit_v2()
        if self.library.nvmlDeviceGetHandleByIndex_v2(int(GPU), ctypes.byref(self.device)):
            sys.exit(f"the driver has no GPU {GPU}")

    def used(self):
        memory = self.Memory()
        if self.library.nvmlDeviceGetMemoryInfo(self.device, ctypes.byref(memory)):
            sys.exit("the driver does not say how much memory is used")
        return memory.used

    def __enter__(self):
        self.before = self.highest = self.used()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()
        return self

    def sample(self):
        while not self.over.wait(0.01):
            self.highest = max(self.highest, self.used())

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()

    @property
    def gib(self):
        return (self.highest - self.before) / 2**30


def run(command, environment={}):
    """The line of JSON that a program prints; None where it failed."""
    def execute():
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        if done.returncode:
            print("FAILED:", " ".join(command), flush=True)
            return None
        return json.loads(done.stdout.splitlines()[-1])

    if GPU is None:
        return execute()
    with Peak() as peak:
        result = execute()
    return result and {**result, "peak_gib": peak.gib}


def ours(steps, batch, type, runs):
    models = ["--drafter", f"synthetic:d{DRAFTER}", "--refiner", f"synthetic:d{REFINER}", "--steps", steps]
    return run(["programs/code", "bench", "--json", "--device", DEVICE, "--precision", type, *models,
                "--batch", batch, "--runs", runs])


def published(steps, batch):
    """In float16 on the GPU, in float32 on the CPU."""
    return run([sys.executable, "reference_bench.py", "--runs", os.environ["RUNS"], "--drafter", DRAFTER,
                "--refiner", REFINER, "--steps", steps, "--batch", batch], {"CUDA_VISIBLE_DEVICES": GPU or ""})


def memory():
    print(f"| d{DRAFTER} + d{REFINER}, N = {STEPS[0]} | batch | peak GiB |\n|---|---|---|")
    for type in TYPES:
        for batch in BATCHES:
            if result := ours(STEPS[0], batch, type, "1"):
                print(f"| {type} | {batch} | {result['peak_gib']:.2f} |", flush=True)


def compare():
    if "CODE_REF" not in os.environ:
        sys.exit("CODE_REF must name a checkout of the published implementation (czg1225/CoDe)")
    print("| models | program | draft s | refine s | decode s | images/s | peak GiB | draft + refine, times as fast |"
          " with decoder | memory, share |\n|---|---|---|---|---|---|---|---|---|---|")
    for batch in BATCHES:
        for steps in STEPS:
            models = f"d{DRAFTER} + d{REFINER}, N = {steps}, batch {batch}"
            anchor = published(steps, batch)
            show(models, "published", anchor, anchor)
            for type in TYPES:
                show(models, f"CoDe, {type}", ours(steps, batch, type, os.environ["RUNS"]), anchor)


def show(models, program, result, anchor):
    if not result:
        return
    draft, refine, decode = (result[f"{stage}_s"] for stage in ("draft", "refine", "decode"))
    ratios = "| |"
    if anchor:
        both = (anchor["draft_s"] + anchor["refine_s"]) / (draft + refine)
        all = (anchor["draft_s"] + anchor["refine_s"] + anchor["decode_s"]) / (draft + refine + decode)
        ratios = f"{both:.2f} | {all:.2f} | {result['peak_gib'] / anchor['peak_gib']:.2f}"
    print(f"| {models} | {program} | {draft:.4f} | {refine:.4f} | {decode:.4f} | {result['images_per_s_decoded']:.2f} |"
          f" {result['peak_gib']:.2f} | {ratios} |", flush=True)
    with open("measured.jsonl", "a") as file:
        print(json.dumps({"program": program, **result}), file=file)


if __name__ == "__main__":
    {"memory": memory, "compare": compare}[sys.argv[1]]()
