"""Starts services of `programs` as processes and asks them over HTTP."""
import http.client, os, re, socket, subprocess, time


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Service:
    """A service, with what it logs in logs/NAME.txt."""

    def __init__(self, name, **settings):
        self.name, self.port, self.http = name, free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        settings = {f"{name}:Port": self.port, f"{name}:HttpPort": self.http, f"{name}:Host": "127.0.0.1",
                    **{key.replace("__", ":"): value for key, value in settings.items()}}
        os.makedirs("logs", exist_ok=True)
        with open(f"logs/{name}.txt", "w") as log:
            arguments = [f"--{key}={value}" for key, value in settings.items()]
            self.process = subprocess.Popen([f"programs/CoDe.{name}", *arguments], stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(120)

    def wait(self, seconds=300):
        """Waits until it is ready."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(f"logs/{self.name}.txt") as log:
                    raise SystemExit(f"{self.name} does not become ready:\n" + "".join(log.readlines()[-5:]))
            time.sleep(0.2)

    def ready(self):
        try:
            return self.ask("GET", "/health/ready")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, connection=None):
        """The status and what was answered; nothing comes from the result cache."""
        connection = connection or self.connect()
        connection.request(method, path, body, {"Content-Type": "application/json", "Cache-Control": "no-store"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.http, timeout=600)

    def metric(self, name, tag=""):
        """The sum of a metric over its other tags."""
        text = self.ask("GET", "/metrics")[1].decode()
        values = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)", text, re.MULTILINE)
        return sum(float(value) for tags, value in values if tag in tags)
