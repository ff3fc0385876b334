"""Letters to customers by e-mail.

Decided here: a letter goes out as plain text and as HTML, under a Message-ID of its own and in the thread of its ticket, marked
as written by a machine, so that no machine answers it; that passwords only travel encrypted, unless the server is this machine.
A refusal that may pass is told apart from one that will not; where the connection breaks while the letter is handed over nobody
can know whether it has arrived, so it is not sent again by itself. Not decided here: what it says, and to whom.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, parseaddr
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import Environment, Template

from bot.messages import Card
from bot.sending import DeliveryError, Post
from bot.shared_ports import Rate, SenderSettingsError
from rules.instants import SECOND

_TIMEOUT_SECONDS = 15.0
_LOCAL = ("127.0.0.1", "::1", "localhost")
_PERMANENT = 500
_WRITE = "SMTP_URL names no mail server: write smtp://user:password@mail.example:587, or smtps:// for TLS"
_UNKNOWN = "the connection broke while the letter was handed over, and nobody can know whether it has arrived"


class EmailSender:
    """Sends through one mail server, from one address."""

    platform = "email"
    certain = False
    rate = Rate(10, 1.0)

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1:
            raise SenderSettingsError(_WRITE)
        name, address = parseaddr(sender)
        if "@" not in address.strip("@") or not sender.isprintable():
            raise SenderSettingsError("SMTP_FROM is no address: write Acme Support <support@acme.example>")
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._name, self._address, self._domain = name, address, address.rpartition("@")[2]

    def __repr__(self) -> str:
        return f"EmailSender({self._host}:{self._port}, from {self._address})"

    def rate_keys(self, channel: str) -> Sequence[str]:  # noqa: ARG002 - one server, whomever it is for
        """All letters count on the one server."""
        return (f"email/{self._host}",)

    def send(self, post: Post, now: int) -> str:
        """Send one letter; its Message-ID. Raises DeliveryError."""
        if post.to is None:
            raise DeliveryError("no e-mail address is known for this customer", permanent=True)
        message = self.message(post, now)
        asyncio.run(self._hand_over(message, post.to))
        return str(message["Message-ID"])

    def message(self, post: Post, now: int) -> EmailMessage:
        """The letter as it is sent."""
        message = EmailMessage(policy=SMTP)
        thread = f"<ticket.{_digest(post.about or '')}@{self._domain}>"
        message["From"] = formataddr((self._name, self._address))
        message["To"] = post.to
        message["Subject"] = f"Re: {post.card.title}"
        message["Date"] = formatdate(now / SECOND, usegmt=True)
        message["Message-ID"] = f"<letter.{post.id}.{_digest(post.about or '')}@{self._domain}>"
        message["In-Reply-To"] = message["References"] = thread
        message["Auto-Submitted"], message["X-Auto-Response-Suppress"] = "auto-generated", "All"
        message.set_content("\n\n".join(post.card.lines) + f"\n\n{self._name or self._address}\n")
        message.add_alternative(page_of(post.card, self._name or self._address), subtype="html")
        return message

    async def _hand_over(self, message: EmailMessage, to: str) -> None:
        encrypted = None if self._host in _LOCAL else not self._tls
        client = aiosmtplib.SMTP(
            hostname=self._host, port=self._port, use_tls=self._tls, start_tls=encrypted, timeout=_TIMEOUT_SECONDS
        )
        try:
            await client.connect()
            if self._user is not None:
                await client.login(self._user, self._password or "")
        except aiosmtplib.SMTPAuthenticationError as error:
            raise DeliveryError(f"the mail server does not know SMTP_URL's user: {error.code}", permanent=False) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise DeliveryError(f"the mail server does not answer: {type(error).__name__}", permanent=False) from None
        try:
            await client.send_message(message, sender=self._address, recipients=[to])
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            raise _refused(first.code, first.message) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error.code, error.message) from None
        except (aiosmtplib.SMTPException, OSError):
            raise DeliveryError(_UNKNOWN, permanent=True) from None
        finally:
            client.close()


def page_of(card: Card, sender: str) -> str:
    """A letter as HTML; whatever stands in it is text."""
    return _page().render(title=card.title, lines=card.lines, sender=sender)


@cache
def _page() -> Template:
    return Environment(autoescape=True).from_string(Path(__file__).with_name("letter.html").read_text("utf-8"))


def _refused(code: int, said: str) -> DeliveryError:
    return DeliveryError(f"the mail server refused it: {code} {' '.join(said.split())[:200]}", permanent=code >= _PERMANENT)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
