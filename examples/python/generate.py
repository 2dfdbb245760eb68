"""Asks CoDe for images of some labels and saves them."""

from client import connect, credentials, name_of, read_arguments, request_of, run, save


def main():
    arguments = read_arguments(__doc__)
    response = connect(arguments.address, arguments.authority).Generate(
        request_of(arguments), timeout=arguments.timeout, metadata=credentials())
    for generated in response.images:
        save(generated.image, arguments.output, name_of(generated))
    print(f"seed {response.seed}, model {response.model}, {response.steps} scales drafted")


run(main)
