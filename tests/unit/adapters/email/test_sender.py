"""Letters by e-mail, against a real mail server on this machine."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from adapters.email.sender import EmailSender
from bot.messages import Card
from bot.sending import DeliveryError, Post
from bot.shared_ports import SenderSettingsError
from rules.instants import parse
from tests.support.postgres import free_port

NOW = parse("2026-01-05T09:10:00Z")
FROM = "Acme Support <support@acme.example>"
HOSTILE = '<script>alert(1)</script> {{ 7*7 }} "&" \u202e'


class Box:
    """Takes letters; refuses some recipients, and hangs up on others."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("gone"):
            return "550 no such user"
        if address.startswith("busy"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
            return "250 never heard"
        self.taken.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    handler = Box()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


def post(to: str | None = "eva@acme.example", *lines: str, id: int = 7, ticket: str = "T-1") -> Post:
    card = Card(title=f"{ticket} · Cannot pay", lines=lines or ("We are sorry.", "More by 13:10."))
    return Post(id, "customer:acme", "letter", card, (), None, ticket, to)


def sender(port: int, host: str = "127.0.0.1") -> EmailSender:
    return EmailSender(f"smtp://{host}:{port}", FROM)


def test_a_letter_arrives_as_text_and_html_in_the_thread_of_its_ticket(box: tuple[Box, int]) -> None:
    handler, port = box
    first = sender(port).send(post(), NOW)
    sender(port).send(post(id=8), NOW)
    sender(port).send(post(id=9, ticket="T-2"), NOW)
    letter, again, other = handler.taken
    assert (letter["From"], letter["To"]) == (FROM, "eva@acme.example")
    assert letter["Subject"] == "Re: T-1 · Cannot pay"
    assert letter["Message-ID"] == first
    assert letter["References"] == again["References"] != other["References"]
    assert len({letter["Message-ID"], again["Message-ID"], other["Message-ID"]}) == 3
    assert letter["Auto-Submitted"] == "auto-generated"
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().split() == ["We", "are", "sorry.", "More", "by", "13:10.", "Acme", "Support"]
    assert "<p style=" in html.get_content()
    assert "More by 13:10." in html.get_content()


def test_a_letter_that_is_sent_again_has_the_same_id(box: tuple[Box, int]) -> None:
    _, port = box
    assert sender(port).send(post(), NOW) == sender(port).send(post(), NOW)


def test_texts_are_inert(box: tuple[Box, int]) -> None:
    handler, port = box
    sender(port).send(post("eva@acme.example", HOSTILE, ticket=f"T-1 {HOSTILE}"), NOW)
    html = handler.taken[0].get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "49" not in html.get_content()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in html.get_content()


@pytest.mark.parametrize(
    ("to", "said", "permanent"),
    [
        ("gone@acme.example", "the mail server refused it: 550 no such user", True),
        ("busy@acme.example", "the mail server refused it: 451 try again later", False),
        ("cut@acme.example", "nobody can know whether it has arrived", True),
        (None, "no e-mail address is known for this customer", True),
    ],
)
def test_a_refusal_tells_whether_it_will_pass(box: tuple[Box, int], to: str | None, said: str, permanent: bool) -> None:
    with pytest.raises(DeliveryError, match=said) as raised:
        sender(box[1]).send(post(to), NOW)
    assert raised.value.permanent is permanent


def test_a_server_that_does_not_answer_is_tried_again() -> None:
    with pytest.raises(DeliveryError, match="does not answer") as raised:
        sender(1).send(post(), NOW)
    assert not raised.value.permanent


def test_nothing_goes_unencrypted_to_another_machine(box: tuple[Box, int], monkeypatch: pytest.MonkeyPatch) -> None:
    handler, port = box
    monkeypatch.setattr("adapters.email.sender._LOCAL", ())
    with pytest.raises(DeliveryError, match="does not answer"):
        sender(port).send(post(), NOW)
    assert handler.taken == []


@pytest.mark.parametrize(
    ("url", "named"),
    [("http://user:geheim@x", FROM), ("smtp://", FROM), ("smtp://geheim@x:99999", FROM), ("smtp://u:geheim@x", "nobody")],
)
def test_a_wrong_setting_is_told_without_its_password(url: str, named: str) -> None:
    with pytest.raises(SenderSettingsError) as raised:
        EmailSender(url, named)
    assert "geheim" not in str(raised.value)
    assert "write" in str(raised.value)


def test_the_password_shows_in_no_repr() -> None:
    assert "geheim" not in repr(EmailSender("smtp://user:geheim@mail.example", FROM))
