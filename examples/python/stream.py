"""Asks CoDe for images of some labels, tells how they come along and saves each with a preview of its draft."""

from client import connect, credentials, name_of, read_arguments, request_of, run, save


def main():
    arguments = read_arguments(__doc__)
    events = connect(arguments.address, arguments.authority).GenerateStream(
        request_of(arguments), timeout=arguments.timeout, metadata=credentials())
    for event in events:
        show(event, arguments.output)


def show(event, folder):
    kind = event.WhichOneof("event")
    if kind == "queued":
        print(f"seed {event.queued.seed}, {event.queued.ahead} images wait before", flush=True)
    elif kind == "scale_done":
        done = event.scale_done
        print(f"image {done.index}: scale {done.scales} of {done.of}", flush=True)
    elif kind == "drafted":
        save(event.drafted.preview, folder, f"{event.drafted.index:05}.draft")
    elif kind == "image":
        save(event.image.image, folder, name_of(event.image))


run(main)
