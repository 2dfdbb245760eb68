"""Serves grpc.testing.TestService with grpcio, as the interoperability test descriptions ask a server to."""

import argparse
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

from contract import SEE_COMPRESSION, SERVICE, decoder, messages

# The cases whose server half this library cannot do, and why.
LACKING = {}

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"

STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


def echo_metadata(context):
    metadata = context.invocation_metadata()
    initial = tuple((key, value) for key, value in metadata if key == ECHO_INITIAL)
    if initial:
        context.send_initial_metadata(initial)
    context.set_trailing_metadata(tuple((key, value) for key, value in metadata if key == ECHO_TRAILING))


def echo_status(request, context):
    status = request.response_status
    if status.code != 0:
        context.abort(STATUS_CODES.get(status.code, grpc.StatusCode.UNKNOWN), status.message)


def check_compression(received, context):
    request = received.message
    if request.HasField("expect_compressed") and request.expect_compressed.value != received.compressed:
        came = "compressed" if received.compressed else "uncompressed"
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the request came {came}")


def payload(response_type, size, context):
    if response_type != messages.COMPRESSABLE:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"payload type {response_type} is not supported")
    return messages.Payload(type=response_type, body=bytes(size))


def empty_call(received, context):
    echo_metadata(context)
    return messages.Empty()


def unary_call(received, context):
    request = received.message
    # Only before the initial metadata, which names the encoding.
    if request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    echo_metadata(context)
    check_compression(received, context)
    echo_status(request, context)
    return messages.SimpleResponse(payload=payload(request.response_type, request.response_size, context))


def streaming_input_call(received_requests, context):
    echo_metadata(context)
    size = 0
    for received in received_requests:
        check_compression(received, context)
        size += len(received.message.payload.body)
    return messages.StreamingInputCallResponse(aggregated_payload_size=size)


def responses(request, context):
    for parameters in request.response_parameters:
        time.sleep(parameters.interval_us / 1_000_000)
        if not parameters.compressed.value:
            context.disable_next_message_compression()
        body = payload(request.response_type, parameters.size, context)
        yield messages.StreamingOutputCallResponse(payload=body)


def streaming_output_call(received, context):
    request = received.message
    if any(parameters.compressed.value for parameters in request.response_parameters):
        context.set_compression(grpc.Compression.Gzip)
    echo_metadata(context)
    echo_status(request, context)
    yield from responses(request, context)


def full_duplex_call(received_requests, context):
    echo_metadata(context)
    for received in received_requests:
        echo_status(received.message, context)
        yield from responses(received.message, context)


def serializer(message_type):
    return message_type.SerializeToString


HANDLERS = {
    "EmptyCall": grpc.unary_unary_rpc_method_handler(
        empty_call, decoder(messages.Empty), serializer(messages.Empty)
    ),
    "UnaryCall": grpc.unary_unary_rpc_method_handler(
        unary_call, decoder(messages.SimpleRequest), serializer(messages.SimpleResponse)
    ),
    "StreamingInputCall": grpc.stream_unary_rpc_method_handler(
        streaming_input_call,
        decoder(messages.StreamingInputCallRequest),
        serializer(messages.StreamingInputCallResponse),
    ),
    "StreamingOutputCall": grpc.unary_stream_rpc_method_handler(
        streaming_output_call,
        decoder(messages.StreamingOutputCallRequest),
        serializer(messages.StreamingOutputCallResponse),
    ),
    "FullDuplexCall": grpc.stream_stream_rpc_method_handler(
        full_duplex_call,
        decoder(messages.StreamingOutputCallRequest),
        serializer(messages.StreamingOutputCallResponse),
    ),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0, help="0 takes a free port")
    arguments.add_argument("--lacking", action="store_true", help="print the cases the library lacks, and exit")
    options = arguments.parse_args()
    if options.lacking:
        print(json.dumps(LACKING))
        return

    # Blocked before the library starts its threads, so that only the wait below takes them.
    end_signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, end_signals)

    # Without SO_REUSEPORT, which would let two servers share a port unnoticed.
    server = grpc.server(ThreadPoolExecutor(32), options=[*SEE_COMPRESSION, ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, HANDLERS)])
    port = server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    print(f"listening on {port}", flush=True)
    signal.sigwait(end_signals)
    server.stop(grace=0).wait()


if __name__ == "__main__":
    main()
