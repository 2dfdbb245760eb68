#!/usr/bin/env python3
"""Decodes the same images of the demonstration model in batches of 1, 3 and 8, and counts tokens that differ.

libtorch sums in another order in other shapes, so some may; that is no failure.
"""
import base64, json, os
from service import Service

REQUEST = {"labels": ["0", "1", "2"], "count": 8, "seed": 5, "tokens": True, "format": "IMAGE_FORMAT_RGB"}


def tokens(type, batch):
    """The tokens of all images, and the mean batch of the drafter."""
    with Service("Gateway", Worker__Device__Name=os.environ["DEVICE"], Worker__Device__Weights=type,
                 Gateway__LargestBatch=batch, Gateway__BatchDelayMilliseconds=1000) as gateway:
        gateway.wait()
        status, answer = gateway.ask("POST", "/v1/generate", json.dumps(REQUEST))
        if status != 200:
            raise SystemExit(answer.decode())
        images = sorted(json.loads(answer)["images"], key=lambda image: image.get("index", 0))
        maps = [base64.b64decode(each["tokens"]) for image in images for each in image["tokenMaps"]]
        sizes = [gateway.metric(f"code_batch_size_{part}", 'stage="drafter"') for part in ("sum", "count")]
        return [each[i:i + 2] for each in maps for i in range(0, len(each), 2)], sizes[0] / sizes[1]


for type in ["f32", *os.environ["TYPES"].split()]:
    alone, _ = tokens(type, 1)
    for batch in 3, 8:
        together, mean = tokens(type, batch)
        differ = sum(one != other for one, other in zip(alone, together, strict=True))
        print(f"{type}: {differ} of {len(alone)} tokens differ between batches of 1 and of {batch} (mean {mean:.1f})",
              flush=True)
