"""The generated code of the contract, and a decoder that also tells whether a message came compressed."""

import importlib
import sys
import tempfile
import zlib
from pathlib import Path
from typing import NamedTuple

from google.protobuf.message import Message
from grpc_tools import protoc

# The folder of test.proto itself is the root: generated below "grpc/" the code would collide with the library.
_PROTO_ROOT = Path(__file__).resolve().parents[3] / "protos" / "grpc" / "testing"


def _generate():
    with tempfile.TemporaryDirectory() as folder:
        arguments = [f"-I{_PROTO_ROOT}", f"--python_out={folder}", f"--grpc_python_out={folder}", "test.proto"]
        if protoc.main(["protoc", *arguments]) != 0:
            raise SystemExit("protoc failed")
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("test_pb2"), importlib.import_module("test_pb2_grpc")
        finally:
            sys.path.remove(folder)


messages, stubs = _generate()

SERVICE = "grpc.testing.TestService"

# The library shows no message flags. With its own decompression off, a compressed message reaches the deserializer
# as it came, and is known by its first byte.
SEE_COMPRESSION = [("grpc.per_message_decompression", 0)]

# Neither can begin a message of the contract: gzip's 0x1f has no valid wire type, zlib's 0x78 would be field 15.
_COMPRESSED_STARTS = (b"\x1f", b"\x78")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Received(NamedTuple):
    message: Message
    compressed: bool


def decoder(message_type):
    """A deserializer for an endpoint that was opened with SEE_COMPRESSION."""

    def decode(data):
        compressed = data[:1] in _COMPRESSED_STARTS
        if compressed:
            data = zlib.decompress(data, wbits=_GZIP_OR_ZLIB)
        return Received(message_type.FromString(data), compressed)

    return decode
