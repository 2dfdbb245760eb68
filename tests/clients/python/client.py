"""Runs all cases against a gateway and prints a line of JSON a case: see the README of this folder's parent."""

import base64
import json
import sys

import grpc

import cases
from reflection import Reflection


class Api:
    """The gateway as its cases see it."""

    def __init__(self, address):
        self.address = address
        self.channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        self.reflection = Reflection(self.channel)
        self.contract = self.reflection.contract_of(cases.GENERATION, cases.HEALTH)
        self.generation = self.contract.connect(self.channel, cases.GENERATION)
        self.health = self.contract.connect(self.channel, cases.HEALTH)
        self.request = self.contract.message("code.v1.GenerateRequest")
        self.health_request = self.contract.message("grpc.health.v1.HealthCheckRequest")
        models = self.generation.ListModels(self.contract.message("code.v1.ListModelsRequest")(), timeout=60)
        self.side = models.models[0].image_side


def report(case, api):
    result, images, error = "", [], None
    try:
        answer = case(api)
        result, images = (answer, []) if isinstance(answer, str) else answer
    except Exception as problem:  # Whatever went wrong is the case's answer.
        error = f"{type(problem).__name__}: {problem}"
    encoded = [base64.b64encode(image).decode() for image in images]
    print(json.dumps({"case": case.__name__, "result": result, "error": error, "images": encoded}), flush=True)


def main():
    api = Api(sys.argv[1])
    for case in cases.CASES:
        report(case, api)


main()
