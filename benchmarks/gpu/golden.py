#!/usr/bin/env python3
"""Sums up what `code verify` prints of 16-bit weights: the share of equal tokens and the dB of forced ones.

Left out are smooth decoding, which magnifies any rounding, and the encoder of the VQVAE.
"""
import re, sys

equal = total = 0
decibels = "no"
for line in sys.stdin:
    finding = re.match(r"(?:agrees|DIFFERS) +(\S+) +(\S+) +(.*)", line)
    if not finding:
        continue
    case, what, measured = finding.groups()
    if what == "tokens" and case != "vqvae" and not case.startswith("smooth"):
        numbers = re.match(r"(\d+) of (\d+) equal", measured)
        equal, total = equal + int(numbers[1]), total + int(numbers[2])
    if what == "reconstruction":
        decibels = measured.split("; ")[1]
if total == 0:
    sys.exit("code verify compared no tokens")
print(f"{equal} of {total} tokens equal ({equal / total:.2%}); forced tokens: {decibels}")
