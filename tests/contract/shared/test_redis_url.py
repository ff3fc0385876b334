"""REDIS_URL: with a password, with TLS, by a socket; what is wrong with it is told in words, never with the password."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.redis import connection
from adapters.redis.shared import open_redis
from bot.alone import alone
from bot.shared_ports import Rate, RedisUrlError, Shared
from tests.contract.shared.conftest import TOPICS, Following, Opener
from tests.support.valkey import Valkey, certificate, tls_before

SECRET = "s3cret"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server that asks for a password."""
    server = Valkey(tmp_path, password=SECRET).start()
    yield server
    server.kill()


async def everything_works(here: Shared, there: Shared, following: Following) -> None:
    assert here.check() is None
    assert (here.limits.wait(["T1"], Rate(1, 60.0)), there.limits.wait(["T1"], Rate(1, 60.0)) > 0) == (0.0, True)
    async with following(there.bell) as heard:
        assert await heard.all() == set(TOPICS)
        here.bell.ring("chat")
        assert await heard.next() == "chat"


async def test_a_password(opened: Opener, following: Following) -> None:
    await everything_works(opened(), opened(), following)


async def test_a_user_with_a_password_of_odd_characters(opened: Opener, following: Following, valkey: Valkey) -> None:
    with valkey.client() as client:
        client.acl_setuser("bot", enabled=True, passwords=["+p@ss:w/rd#?"], categories=["+@all"], keys=["*"], channels=["*"])
    url = f"redis://bot:p%40ss%3Aw%2Frd%23%3F@127.0.0.1:{valkey.port}/0"
    await everything_works(opened(url), opened(url), following)


async def test_a_socket(opened: Opener, following: Following, valkey: Valkey) -> None:
    url = f"unix://{valkey.socket}?password={SECRET}"
    await everything_works(opened(url), opened(url), following)


async def test_tls_with_an_authority_of_ones_own(opened: Opener, following: Following, valkey: Valkey, tmp_path: Path) -> None:
    trusted, key = certificate(tmp_path)
    with tls_before(valkey.port, trusted, key) as port:
        url = f"rediss://:{SECRET}@127.0.0.1:{port}?ssl_ca_certs={trusted}"
        here, there = opened(url), opened(url)
        await everything_works(here, there, following)
        here.close()
        there.close()


def test_a_certificate_that_nobody_vouches_for(opened: Opener, valkey: Valkey, tmp_path: Path) -> None:
    with tls_before(valkey.port, *certificate(tmp_path)) as port:
        said = opened(f"rediss://:{SECRET}@127.0.0.1:{port}").check()
    assert said == (
        f"Redis at 127.0.0.1:{port} has a certificate that is not trusted (self-signed certificate): "
        "name its authority in ssl_ca_certs"
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://:wr0ng@127.0.0.1:{port}", "refuses the user or the password of REDIS_URL"),
        ("redis://nobody:wr0ng@127.0.0.1:{port}", "refuses the user or the password of REDIS_URL"),
        ("redis://127.0.0.1:{port}", "asks for a password: write it into REDIS_URL"),
        ("redis://:s3cret@127.0.0.1:{port}/99", "refuses: DB index is out of range"),
        ("unix:///nowhere/redis.sock?password=s3cret", "cannot be reached: No such file or directory"),
    ],
)
def test_what_is_wrong_is_told_in_words(opened: Opener, valkey: Valkey, url: str, words: str) -> None:
    said = opened(url.format(port=valkey.port)).check()
    assert said is not None
    assert said.startswith("Redis at ")
    assert said.endswith(words)
    assert not re.search(r"s3cret|wr0ng", said)


def test_a_server_that_is_not_there(opened: Opener, valkey: Valkey) -> None:
    valkey.kill()
    assert opened().check() == f"Redis at 127.0.0.1:{valkey.port} cannot be reached: Connection refused"


@pytest.mark.parametrize(("scheme", "question"), [("redis", ""), ("rediss", "; perhaps it does not speak TLS there")])
def test_a_server_that_says_nothing(opened: Opener, monkeypatch: pytest.MonkeyPatch, scheme: str, question: str) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = opened(f"{scheme}://:{SECRET}@127.0.0.1:{port}").check()
    assert said == f"Redis at 127.0.0.1:{port} does not answer within 0.3 s{question}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is no Redis URL: write redis://"),
        ("localhost:6379", "is no Redis URL: write redis://"),
        ("http://:s3cret@localhost", "is no Redis URL: write redis://"),
        ("redis://:s3cret@", "names no host"),
        ("unix://", "names no path"),
        ("redis://:s3cret@localhost:redis", "its port is a number"),
        ("redis://:s3cret@localhost:99999", "its port is a number"),
        ("redis://:s3cret#1@localhost", "a password's @ : / # ? [ ] are"),
        ("redis://:s3cret[1@localhost", "a password's @ : / # ? [ ] are"),
        ("redis://bot@localhost/0#s3cret", "a # of the password is written %23"),
        ("redis://:s3cret@localhost/desk", "a database that is no number"),
        ("redis://:s3cret@localhost?db=desk", "Invalid value for 'db'"),
        ("redis://:s3cret@localhost?sl_ca_certs=x", "has an option that redis:// does not know here: it knows db"),
        ("redis://:s3cret@localhost?ssl_ca_certs=x", "has an option that redis:// does not know here: it knows db"),
        ("rediss://:s3cret@localhost?ssl_ca_certs=/nowhere.pem", "there is no file /nowhere.pem for ssl_ca_certs"),
        ("rediss://:s3cret@localhost?ssl_cert_reqs=perhaps", "Invalid SSL Certificate Requirements Flag: perhaps"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_its_password_not_shown(url: str, words: str) -> None:
    with pytest.raises(RedisUrlError, match=re.escape(words)) as refused:
        open_redis(url, "desk", alone())
    assert str(refused.value).startswith("REDIS_URL")
    assert "s3cret" not in str(refused.value)
