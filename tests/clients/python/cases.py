"""The cases, in the order in which they run. A case returns what it saw and the images that the tests compare."""

import struct
import zlib

import grpc

GENERATION = "code.v1.Generation"
HEALTH = "grpc.health.v1.Health"
# Of HealthCheckResponse.ServingStatus.
SERVING, SERVICE_UNKNOWN = 1, 3
LARGEST_REQUEST = 16 << 20
QUEUE_LIMIT = 512
# Takes long enough to be cancelled; all that are, one after the other, fit into the queue.
MANY = 64
STAR = {"labels": ["star"], "seed": 7, "steps": 8}

CASES = []


def case(function):
    CASES.append(function)
    return function


def check(condition, *saw):
    if not condition:
        raise AssertionError(f"saw {saw}")


def refusal(call, code):
    """The error of a call that must end with this status."""
    try:
        answer = call()
    except grpc.RpcError as error:
        check(error.code() == code, error.code().name, error.details())
        return error
    raise AssertionError(f"answered instead of {code.name}: {str(answer)[:100]}")


def check_size(picture, side):
    """Unpacks a PNG, whose rows of 8-bit RGB have a byte of filter each."""
    data, at, packed = picture.data, 8, b""
    check((picture.width, picture.height) == (side, side), picture.width, picture.height)
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            check(struct.unpack(">IIBB", chunk[:10]) == (side, side, 8, 2), chunk)
        elif kind == b"IDAT":
            packed += chunk
        at += length + 12
    check(len(zlib.decompress(packed)) == side * (1 + 3 * side), len(data))


def generate(api, **fields):
    return api.generation.Generate(api.request(**fields), timeout=60)


@case
def reflection_lists_services(api):
    services = api.reflection.services()
    check({GENERATION, HEALTH} <= set(services), services)
    return f"{len(services)} services"


@case
def reflection_describes_methods(api):
    methods = {method.name: method.server_streaming for method in api.contract.services[GENERATION].method}
    check(methods == {"Generate": False, "GenerateStream": True, "Edit": False, "ListModels": False}, methods)
    return f"{len(methods)} methods"


@case
def reflection_of_an_unknown_symbol(api):
    code = api.reflection.error_of("code.v1.Nothing")
    check(code == "NOT_FOUND", code)
    return code


@case
def list_models(api):
    model, = api.generation.ListModels(api.contract.message("code.v1.ListModelsRequest")()).models
    check(model.name == "tiny" and len(model.sides) == 10 and "star" in model.class_names, model)
    return f"{model.name}, {model.classes} classes"


@case
def generate_one(api):
    response = generate(api, **STAR)
    image, = response.images
    check((response.seed, response.steps, response.model, image.label_name) == (7, 8, "tiny", "star"), response)
    check_size(image.image, api.side)
    return f"{image.image.width} x {image.image.height}", [image.image.data]


@case
def generate_many(api):
    response = generate(api, labels=["star", "5", "none"], count=2, seed=11)
    names = [image.label_name for image in response.images]
    check(names[:4] == ["star", "star", "heart", "heart"] and len(names) == 6, names)
    check([image.index for image in response.images] == list(range(6)), names)
    for image in response.images:
        check_size(image.image, api.side)
    return f"{len(names)} images", [image.image.data for image in response.images]


@case
def generate_largest_seed(api):
    response = generate(api, labels=["moon"], seed=2**64 - 1)
    check(response.seed == 2**64 - 1, response.seed)
    return str(response.seed), [response.images[0].image.data]


@case
def generate_without_seed(api):
    first = generate(api, labels=["moon"])
    again = generate(api, labels=["moon"], seed=first.seed, steps=first.steps)
    check(first.images[0].image.data == again.images[0].image.data, first.seed)
    return "same again"


@case
def generate_formats(api):
    starts = {"IMAGE_FORMAT_JPEG": b"\xff\xd8\xff", "IMAGE_FORMAT_WEBP": b"RIFF"}
    for name, start in starts.items():
        data = generate(api, format=name, **STAR).images[0].image.data
        check(data.startswith(start), name, data[:8])
    raw = generate(api, format="IMAGE_FORMAT_RGB", **STAR).images[0].image.data
    check(len(raw) == 3 * api.side**2, len(raw))
    return "RGB, JPEG, WebP"


@case
def generate_tokens(api):
    image, = generate(api, tokens=True, **STAR).images
    sides = [token_map.side for token_map in image.token_maps]
    check(len(sides) == 10 and all(len(each.tokens) == 2 * each.side**2 for each in image.token_maps), sides)
    return f"{len(sides)} scales"


@case
def generate_stream(api):
    events = list(api.generation.GenerateStream(api.request(**STAR), timeout=60))
    kinds = [event.WhichOneof("event") for event in events]
    check(kinds[0] == "queued" and kinds[-1] == "image" and kinds.count("drafted") == 1, kinds)
    check([event.scale_done.scales for event in events if event.HasField("scale_done")] == list(range(1, 11)), kinds)
    preview = next(event.drafted.preview for event in events if event.HasField("drafted"))
    check_size(preview, api.side)
    check_size(events[-1].image.image, api.side)
    return f"{len(events)} events", [preview.data, events[-1].image.image.data]


@case
def edit(api):
    picture = generate(api, **STAR).images[0].image
    keep = b"\xff" * (3 * api.side // 2)
    mask = {
        "width": api.side, "height": api.side, "format": "IMAGE_FORMAT_RGB",
        "data": (keep + bytes(3 * api.side - len(keep))) * api.side,
    }
    request = api.contract.message("code.v1.EditRequest")(
        request=api.request(labels=["heart"], seed=3), image=picture, mask=mask)
    image, = api.generation.Edit(request, timeout=60).images
    check_size(image.image, api.side)
    return image.label_name, [image.image.data]


@case
def gzip_request(api):
    plain = generate(api, **STAR)
    zipped = api.generation.Generate(api.request(**STAR), timeout=60, compression=grpc.Compression.Gzip)
    check(plain == zipped)
    return "same image"


@case
def parallel_calls(api):
    calls = [api.generation.Generate.future(api.request(labels=[str(label)], seed=1), timeout=60) for label in range(8)]
    labels = [call.result().images[0].label for call in calls]
    check(labels == list(range(8)), labels)
    return f"{len(labels)} calls"


@case
def health_check(api):
    for name in ["", GENERATION]:
        status = api.health.Check(api.health_request(service=name), timeout=60).status
        check(status == SERVING, name, status)
    return "SERVING"


@case
def health_watch(api):
    for name in ["", GENERATION]:
        watch = api.health.Watch(api.health_request(service=name), timeout=60)
        check(next(watch).status == SERVING, name)
        watch.cancel()
    return "SERVING"


@case
def health_of_an_unknown_service(api):
    unknown = api.health_request(service="code.v1.Nothing")
    refusal(lambda: api.health.Check(unknown, timeout=60), grpc.StatusCode.NOT_FOUND)
    watch = api.health.Watch(unknown, timeout=60)
    status = next(watch).status
    watch.cancel()
    check(status == SERVICE_UNKNOWN, status)
    return "NOT_FOUND, SERVICE_UNKNOWN"


@case
def invalid_arguments(api):
    wrong = {
        "label is sphere": {"labels": ["sphere"]},
        "labels is empty": {},
        "count is 0": {"labels": ["star"], "count": 0},
        "steps is 11": {"labels": ["star"], "steps": 11},
        "guidance is 101": {"labels": ["star"], "settings": {"guidance": 101}},
    }
    for message, fields in wrong.items():
        details = refusal(lambda: generate(api, **fields), grpc.StatusCode.INVALID_ARGUMENT).details()
        check(details.startswith(message) and "allowed: " in details, details)
    return "INVALID_ARGUMENT"


@case
def invalid_edit(api):
    request = api.contract.message("code.v1.EditRequest")(request=api.request(labels=["heart"]))
    details = refusal(lambda: api.generation.Edit(request, timeout=60), grpc.StatusCode.INVALID_ARGUMENT).details()
    check(details.startswith("image is missing"), details)
    return "INVALID_ARGUMENT"


@case
def unknown_model(api):
    error = refusal(lambda: generate(api, model="huge", labels=["star"]), grpc.StatusCode.NOT_FOUND)
    check("huge" in error.details(), error.details())
    return error.code().name


@case
def unknown_method(api):
    call = api.channel.unary_unary(f"/{GENERATION}/Nothing")
    return refusal(lambda: call(b"", timeout=60), grpc.StatusCode.UNIMPLEMENTED).code().name


@case
def queue_that_is_full(api):
    error = refusal(
        lambda: generate(api, labels=["star"], count=QUEUE_LIMIT + 1), grpc.StatusCode.RESOURCE_EXHAUSTED)
    seconds = dict(error.trailing_metadata()).get("retry-after")
    check(seconds and int(seconds) >= 1, seconds)
    return "retry-after"


@case
def deadline_that_passes(api):
    # The last request may still be counted: then this one is refused, since it could not be done in time.
    for _ in range(100):
        call = api.generation.Generate.future(api.request(labels=["star"], count=2 * MANY), timeout=0.1)
        if call.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
            break
    check(call.code() == grpc.StatusCode.DEADLINE_EXCEEDED, call.code(), call.details())
    return call.code().name


@case
def call_that_is_cancelled(api):
    call = api.generation.Generate.future(api.request(labels=["star"], count=MANY))
    call.cancel()
    check(call.code() == grpc.StatusCode.CANCELLED, call.code())
    list_models(api)
    return call.code().name


@case
def stream_that_is_cancelled(api):
    for wanted in ["queued", "scale_done", "image"]:
        stream = api.generation.GenerateStream(api.request(labels=["star"], count=MANY))
        check(any(event.WhichOneof("event") == wanted for event in stream), wanted)
        stream.cancel()
        refusal(lambda: list(stream), grpc.StatusCode.CANCELLED)
    list_models(api)
    return "CANCELLED"


@case
def oversized_request(api):
    picture = {"data": bytes(LARGEST_REQUEST + 1)}
    request = api.contract.message("code.v1.EditRequest")(request=api.request(**STAR), image=picture)
    error = refusal(lambda: api.generation.Edit(request, timeout=60), grpc.StatusCode.RESOURCE_EXHAUSTED)
    list_models(api)
    return error.code().name


@case
def oversized_response(api):
    with grpc.insecure_channel(api.address, options=[("grpc.max_receive_message_length", 1024)]) as channel:
        narrow = api.contract.connect(channel, GENERATION)
        error = refusal(
            lambda: narrow.Generate(api.request(format="IMAGE_FORMAT_RGB", **STAR), timeout=60),
            grpc.StatusCode.RESOURCE_EXHAUSTED)
        refusal(lambda: narrow.Generate(api.request(), timeout=60), grpc.StatusCode.INVALID_ARGUMENT)
    return error.code().name
