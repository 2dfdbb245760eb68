"""Asks a server for its contract by reflection, and makes its services callable."""

import subprocess
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PROTOCOL = Path(__file__).resolve().parents[1] / "reflection.proto"


class Contract:
    """Messages and services of some proto files."""

    def __init__(self, files):
        self.services = {
            f"{file.package}.{service.name}": service for file in files for service in file.service}
        self._pool = descriptor_pool.DescriptorPool()
        waiting = list(files)
        while waiting:
            # A file can be added once all that it imports has been.
            names = {file.name for file in waiting}
            ready = next(file for file in waiting if not names.intersection(file.dependency))
            self._pool.AddSerializedFile(ready.SerializeToString())
            waiting.remove(ready)

    def message(self, name):
        descriptor = self._pool.FindMessageTypeByName(name.lstrip("."))
        return message_factory.MessageFactory(self._pool).GetPrototype(descriptor)

    def connect(self, channel, service):
        return Service(self, channel, service)


class Service:
    """A service whose methods are called by name."""

    def __init__(self, contract, channel, name):
        for method in contract.services[name].method:
            setattr(self, method.name, self._call(contract, channel, f"/{name}/{method.name}", method))

    @staticmethod
    def _call(contract, channel, path, method):
        kinds = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, True): channel.stream_stream,
        }
        return kinds[method.client_streaming, method.server_streaming](
            path,
            request_serializer=contract.message(method.input_type).SerializeToString,
            response_deserializer=contract.message(method.output_type).FromString)


class Reflection:
    """The reflection service of a server."""

    def __init__(self, channel):
        compiled = subprocess.run(
            ["protoc", f"-I{_PROTOCOL.parent}", "--descriptor_set_out=/dev/stdout", _PROTOCOL.name],
            capture_output=True, check=True).stdout
        contract = Contract(descriptor_pb2.FileDescriptorSet.FromString(compiled).file)
        self._request = contract.message("grpc.reflection.v1.ServerReflectionRequest")
        self._service = contract.connect(channel, "grpc.reflection.v1.ServerReflection")

    def services(self):
        return [service.name for service in self._ask(list_services="*").list_services_response.service]

    def contract_of(self, *symbols):
        """The contract that has these services."""
        files = {}
        for symbol in symbols:
            answer = self._ask(file_containing_symbol=symbol)
            for file in answer.file_descriptor_response.file_descriptor_proto:
                parsed = descriptor_pb2.FileDescriptorProto.FromString(file)
                files[parsed.name] = parsed
        return Contract(list(files.values()))

    def error_of(self, symbol):
        """The status with which a symbol that is none is answered."""
        code = self._ask(file_containing_symbol=symbol).error_response.error_code
        return next((status.name for status in grpc.StatusCode if status.value[0] == code), code)

    def _ask(self, **request):
        return next(self._service.ServerReflectionInfo(iter([self._request(**request)])))
