"""Asks a service with TLS for its health, once for each line of the input, and prints the status of each call:
tls.py HOST:PORT AUTHORITY [CERTIFICATE KEY]"""

import sys
from pathlib import Path

import grpc


def main():
    address, *files = sys.argv[1:]
    authority, certificate, key = [Path(file).read_bytes() for file in files] + [None] * (3 - len(files))
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(authority, key, certificate))
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    for _ in sys.stdin:
        try:
            check(b"", timeout=10)
            print("OK", flush=True)
        except grpc.RpcError as error:
            print(error.code().name, flush=True)


main()
