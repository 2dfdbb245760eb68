"""What both programs do the same: read the command line, ask, save, and end in one line where that fails."""

import argparse
import os
import re
import sys
from pathlib import Path

import grpc

from stubs import messages, services


def whole(largest):
    def read(text):
        value = int(text)
        if not 0 <= value <= largest:
            raise ValueError
        return value

    read.__name__ = f"whole number up to {largest}"
    return read


def read_arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--address", default="localhost:50051", help="of the gateway (%(default)s)")
    parser.add_argument("--authority", type=Path, help="PEM file of the authority of a gateway with TLS")
    parser.add_argument("--label", action="append", help="class by name or number; may be given several times (star)")
    parser.add_argument("--count", type=whole(2**32 - 1), help="images of each label (1)")
    parser.add_argument("--seed", type=whole(2**64 - 1), help="the same seed gives the same images (chosen by the server)")
    parser.add_argument("--steps", type=whole(2**32 - 1), help="scales that the drafter decodes (the model's)")
    parser.add_argument("--output", type=Path, default=Path("."), help="folder for the images (here)")
    parser.add_argument("--timeout", type=float, default=600, help="seconds to wait at most (%(default)s)")
    return parser.parse_args()


def request_of(arguments):
    # None leaves a field absent, and the server fills it in.
    return messages.GenerateRequest(
        labels=arguments.label or ["star"], count=arguments.count, seed=arguments.seed, steps=arguments.steps)


def connect(address, authority):
    # All images of a request come in one message, which may pass the 4 MiB that clients take unless told otherwise.
    options = [("grpc.max_receive_message_length", -1)]
    if authority is None:
        return services.GenerationStub(grpc.insecure_channel(address, options))
    security = grpc.ssl_channel_credentials(authority.read_bytes())
    return services.GenerationStub(grpc.secure_channel(address, security, options))


def credentials():
    """The metadata by which a gateway with keys knows us; the key is in the environment, where nobody else sees it."""
    key = os.environ.get("CODE_KEY")
    return [("authorization", f"Bearer {key}")] if key else []


def save(image, folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.png"
    file.write_bytes(image.data)
    print(file)


def name_of(generated):
    # Names of classes are for people: those of ImageNet hold commas, blanks and slashes.
    return f"{generated.index:05}_{re.sub('[^0-9A-Za-z]+', '_', generated.label_name)}"


def run(program):
    try:
        program()
    except grpc.RpcError as error:
        sys.exit(" ".join(f"{error.code().name}: {error.details()}".split()))
    except OSError as error:
        sys.exit(str(error))
