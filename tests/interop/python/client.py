"""Runs the interoperability test cases with grpcio against a server of grpc.testing.TestService."""

import argparse
import json
import os
import queue
import sys
import time

import grpc

from contract import SEE_COMPRESSION, SERVICE, decoder, messages, stubs

CASE_TIMEOUT = 20
HEADERS_SENT_AFTER = 0.1
LARGE_REQUEST = 271828
LARGE_RESPONSE = 314159
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
SPECIAL_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"


class Requests:
    """The requests of a call, sent one at a time until it is closed."""

    def __init__(self, *requests):
        self._queue = queue.SimpleQueue()
        for request in requests:
            self.send(request)

    def send(self, request):
        self._queue.put(request)

    def close(self):
        self._queue.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Lets the library's sending thread end, whatever became of the call.
        self.close()

    def __iter__(self):
        return iter(self._queue.get, None)


class Run:
    """One case: its connection, with a stub that speaks over it, and the time left to it."""

    def __init__(self, target):
        self.target = target
        self.deadline = time.monotonic() + CASE_TIMEOUT
        self.channel = grpc.insecure_channel(target)
        self.stub = stubs.TestServiceStub(self.channel)

    @property
    def timeout(self):
        return max(self.deadline - time.monotonic(), 0)

    def connect(self):
        """For cases that are over so soon that otherwise nothing would have been sent."""
        grpc.channel_ready_future(self.channel).result(self.timeout)

    def unary(self, request, **options):
        return self.stub.UnaryCall.future(request, timeout=self.timeout, **options)

    def input(self, requests):
        return self.stub.StreamingInputCall.future(iter(requests), timeout=self.timeout)

    def output(self, request):
        return self.stub.StreamingOutputCall(request, timeout=self.timeout)

    def duplex(self, requests, **options):
        return self.stub.FullDuplexCall(iter(requests), **{"timeout": self.timeout, **options})

    def unimplemented(self, service):
        method = self.channel.unary_unary(
            f"/grpc.testing.{service}/UnimplementedCall",
            messages.Empty.SerializeToString,
            messages.Empty.FromString,
        )
        return method.future(messages.Empty(), timeout=self.timeout)


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what} is {actual!r} instead of {wanted!r}")


def expect_status(call, code, message=None):
    if call.code() is not code:
        raise AssertionError(f"the status is {call.code()} instead of {code}: {call.details()!r}")
    if message is not None:
        expect(call.details(), message, "the status message")


def expect_ok(call):
    expect_status(call, grpc.StatusCode.OK)


def expect_payloads(responses, sizes):
    bodies = [response.payload.body for response in responses]
    expect([len(body) for body in bodies], list(sizes), "the list of payload sizes")
    expect(any(map(any, bodies)), False, "a payload byte other than zero")


def read_all(call):
    """The responses up to the call's end, however it ended: that is for the status to say."""
    responses = []
    try:
        responses.extend(call)
    except grpc.RpcError:
        pass
    return responses


def payload(size):
    return messages.Payload(body=bytes(size))


def bool_value(value):
    return messages.BoolValue(value=value)


def large_request(**fields):
    return messages.SimpleRequest(response_size=LARGE_RESPONSE, payload=payload(LARGE_REQUEST), **fields)


def output_request(request_size=None, response_size=None):
    request = messages.StreamingOutputCallRequest()
    if request_size is not None:
        request.payload.CopyFrom(payload(request_size))
    if response_size is not None:
        request.response_parameters.add(size=response_size)
    return request


def empty_unary(run):
    call = run.stub.EmptyCall.future(messages.Empty(), timeout=run.timeout)
    expect_ok(call)
    expect(call.result(), messages.Empty(), "the response")


def large_unary(run):
    call = run.unary(large_request())
    expect_ok(call)
    expect_payloads([call.result()], [LARGE_RESPONSE])


def client_compressed_unary(run):
    expecting = large_request(expect_compressed=bool_value(True))
    expect_status(run.unary(expecting), grpc.StatusCode.INVALID_ARGUMENT)

    compressed = run.unary(expecting, compression=grpc.Compression.Gzip)
    expect_ok(compressed)
    expect_payloads([compressed.result()], [LARGE_RESPONSE])

    uncompressed = run.unary(large_request(expect_compressed=bool_value(False)))
    expect_ok(uncompressed)
    expect_payloads([uncompressed.result()], [LARGE_RESPONSE])


def server_compressed_unary(run):
    with grpc.insecure_channel(run.target, options=SEE_COMPRESSION) as channel:
        seeing_call = channel.unary_unary(
            f"/{SERVICE}/UnaryCall",
            messages.SimpleRequest.SerializeToString,
            decoder(messages.SimpleResponse),
        )
        for compressed in (True, False):
            request = large_request(response_compressed=bool_value(compressed))
            # Once so that the library decompresses, and once so that the flag shows.
            call = run.unary(request)
            expect_ok(call)
            expect_payloads([call.result()], [LARGE_RESPONSE])

            call = seeing_call.future(request, timeout=run.timeout)
            expect_ok(call)
            expect_payloads([call.result().message], [LARGE_RESPONSE])
            expect(call.result().compressed, compressed, "the response's compressed flag")


def client_streaming(run):
    call = run.input(messages.StreamingInputCallRequest(payload=payload(size)) for size in REQUEST_SIZES)
    expect_ok(call)
    expect(call.result().aggregated_payload_size, sum(REQUEST_SIZES), "the aggregated payload size")


def client_compressed_streaming(run):
    first_size, second_size = 27182, 45904

    first = messages.StreamingInputCallRequest(payload=payload(first_size), expect_compressed=bool_value(True))
    expect_status(run.input([first]), grpc.StatusCode.INVALID_ARGUMENT)

    # A client of this library compresses all messages of a call or none, but leaves a message as it is that would
    # not get smaller.
    noise = messages.Payload(body=os.urandom(second_size))
    second = messages.StreamingInputCallRequest(payload=noise, expect_compressed=bool_value(False))
    # Not by future(), which in this version of the library drops the compression; a failure raises.
    response = run.stub.StreamingInputCall(
        iter([first, second]), timeout=run.timeout, compression=grpc.Compression.Gzip
    )
    expect(response.aggregated_payload_size, first_size + second_size, "the aggregated payload size")
    return "the uncompressed message carries random bytes: only what does not shrink is sent uncompressed"


def server_streaming(run):
    request = messages.StreamingOutputCallRequest()
    for size in RESPONSE_SIZES:
        request.response_parameters.add(size=size)
    call = run.output(request)
    responses = read_all(call)
    expect_ok(call)
    expect_payloads(responses, RESPONSE_SIZES)


def server_compressed_streaming(run):
    sizes = (31415, 92653)
    flags = (True, False)
    request = messages.StreamingOutputCallRequest()
    for size, compressed in zip(sizes, flags):
        request.response_parameters.add(size=size, compressed=bool_value(compressed))

    # Once so that the library decompresses, and once so that the flags show.
    call = run.output(request)
    responses = read_all(call)
    expect_ok(call)
    expect_payloads(responses, sizes)

    with grpc.insecure_channel(run.target, options=SEE_COMPRESSION) as channel:
        seeing_call = channel.unary_stream(
            f"/{SERVICE}/StreamingOutputCall",
            messages.StreamingOutputCallRequest.SerializeToString,
            decoder(messages.StreamingOutputCallResponse),
        )
        call = seeing_call(request, timeout=run.timeout)
        received = read_all(call)
        expect_ok(call)
        expect_payloads([response.message for response in received], sizes)
        expect([response.compressed for response in received], list(flags), "the list of compressed flags")


def ping_pong(run):
    with Requests() as requests:
        call = run.duplex(requests)
        for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
            requests.send(output_request(request_size, response_size))
            expect_payloads([next(call)], [response_size])
        requests.close()
        expect(read_all(call), [], "the list of further responses")
        expect_ok(call)


def empty_stream(run):
    call = run.duplex([])
    expect(read_all(call), [], "the list of responses")
    expect_ok(call)


def cancel_after_begin(run):
    run.connect()
    with Requests() as requests:
        call = run.input(requests)
        time.sleep(HEADERS_SENT_AFTER)
        call.cancel()
        expect_status(call, grpc.StatusCode.CANCELLED)


def cancel_after_first_response(run):
    with Requests(output_request(REQUEST_SIZES[0], RESPONSE_SIZES[0])) as requests:
        call = run.duplex(requests)
        expect_payloads([next(call)], [RESPONSE_SIZES[0]])
        call.cancel()
        expect(read_all(call), [], "the list of further responses")
        expect_status(call, grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server(run):
    run.connect()
    with Requests(output_request(REQUEST_SIZES[0])) as requests:
        call = run.duplex(requests, timeout=0.001)
        expect(read_all(call), [], "the list of responses")
        expect_status(call, grpc.StatusCode.DEADLINE_EXCEEDED)


def custom_metadata(run):
    def expect_echo(call):
        expect_ok(call)
        expect(dict(call.initial_metadata()).get(INITIAL[0]), INITIAL[1], f"the initial metadata {INITIAL[0]}")
        expect(dict(call.trailing_metadata()).get(TRAILING[0]), TRAILING[1], f"the trailing metadata {TRAILING[0]}")

    metadata = (INITIAL, TRAILING)
    call = run.unary(large_request(), metadata=metadata)
    expect_echo(call)
    expect_payloads([call.result()], [LARGE_RESPONSE])

    call = run.duplex([output_request(LARGE_REQUEST, LARGE_RESPONSE)], metadata=metadata)
    responses = read_all(call)
    expect_echo(call)
    expect_payloads(responses, [LARGE_RESPONSE])


def status_code_and_message(run):
    status = messages.EchoStatus(code=2, message="test status message")
    call = run.unary(messages.SimpleRequest(response_status=status))
    expect_status(call, grpc.StatusCode.UNKNOWN, status.message)

    call = run.duplex([messages.StreamingOutputCallRequest(response_status=status)])
    expect(read_all(call), [], "the list of responses")
    expect_status(call, grpc.StatusCode.UNKNOWN, status.message)


def special_status_message(run):
    status = messages.EchoStatus(code=2, message=SPECIAL_MESSAGE)
    call = run.unary(messages.SimpleRequest(response_status=status))
    expect_status(call, grpc.StatusCode.UNKNOWN, SPECIAL_MESSAGE)


def unimplemented_method(run):
    expect_status(run.unimplemented("TestService"), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(run):
    expect_status(run.unimplemented("UnimplementedService"), grpc.StatusCode.UNIMPLEMENTED)


CASES = {
    case.__name__: case
    for case in (
        empty_unary,
        large_unary,
        client_compressed_unary,
        server_compressed_unary,
        client_streaming,
        client_compressed_streaming,
        server_streaming,
        server_compressed_streaming,
        ping_pong,
        empty_stream,
        cancel_after_begin,
        cancel_after_first_response,
        timeout_on_sleeping_server,
        custom_metadata,
        status_code_and_message,
        special_status_message,
        unimplemented_method,
        unimplemented_service,
    )
}


def run_case(name, target):
    run = Run(target)
    try:
        with run.channel:
            return {"case": name, "result": "passed", "detail": CASES[name](run) or ""}
    except grpc.RpcError as error:
        return {"case": name, "result": "failed", "detail": f"{error.code()}: {error.details()!r}"}
    except Exception as error:
        return {"case": name, "result": "failed", "detail": f"{type(error).__name__}: {error}"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--case", choices=CASES, help="run only this one")
    options = arguments.parse_args()

    failed = False
    for name in [options.case] if options.case else CASES:
        outcome = run_case(name, f"127.0.0.1:{options.port}")
        failed |= outcome["result"] == "failed"
        print(json.dumps(outcome), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
