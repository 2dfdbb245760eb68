"""The client code of protos/code/v1, generated when it is first imported: `messages` and `services`."""

import hashlib
import importlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import google.protobuf
import grpc

_PROTOS = Path(__file__).resolve().parents[2] / "protos"
_FILES = ["code/v1/flow.proto", "code/v1/generation.proto"]
_GENERATED = Path(__file__).resolve().parent / "generated"


def _compilers():
    # Debian's grpc_tools (1.14) refuses proto3's "optional", so its protoc comes second; pip brings only the first.
    yield [sys.executable, "-m", "grpc_tools.protoc"]
    plugin = shutil.which("grpc_python_plugin")
    if shutil.which("protoc") and plugin:
        yield ["protoc", f"--plugin=protoc-gen-grpc_python={plugin}"]


def _compile(folder):
    said = []
    for compiler in _compilers():
        command = [*compiler, f"-I{_PROTOS}", f"--python_out={folder}", f"--grpc_python_out={folder}", *_FILES]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        said.append(done.stderr.strip())
    raise SystemExit("\n".join([
        *said,
        "Cannot generate the client code: "
        "apt-get install protobuf-compiler protobuf-compiler-grpc, or pip install grpcio-tools.",
    ]))


def _generate():
    """The folder of what these protos give with these libraries."""
    contents = [(_PROTOS / file).read_bytes() for file in _FILES]
    versions = f"{google.protobuf.__version__} {grpc.__version__}".encode()
    folder = _GENERATED / hashlib.sha256(b"\0".join([*contents, versions])).hexdigest()[:16]
    if folder.exists():
        return folder
    _GENERATED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_GENERATED) as workshop:
        fresh = Path(workshop, "fresh")
        fresh.mkdir()
        _compile(fresh)
        # With an __init__.py the path decides; without one the standard module "code" would always win.
        (fresh / "code" / "__init__.py").touch()
        try:
            # Whole or not at all: two programs may be the first at once.
            fresh.rename(folder)
        except OSError:
            if not folder.exists():
                raise
    return folder


def _load(folder):
    # Python's standard library has a module "code" too, which debuggers import. Ours takes its place only during the
    # import.
    standard = sys.modules.pop("code", None)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("code.v1.generation_pb2"), importlib.import_module("code.v1.generation_pb2_grpc")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("code", None)
        if standard:
            sys.modules["code"] = standard


messages, services = _load(_generate())
