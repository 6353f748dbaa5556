"""E-mail over SMTP, through Django's mail backend."""

from __future__ import annotations

import hashlib
import smtplib
import socket
import threading
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from notifications.gateways import Account
from notifications.transports import Ambiguous, Call, Taken, Transport, TransportError
from notifications.transports.webhook import Forbidden
from notifications.transports.wire import open_socket

SECONDS = 10
DEFAULT_PORT = {"": 25, "starttls": 587, "ssl": 465}


class CarefulSMTP(smtplib.SMTP):
    """A connection to an address that was chosen in the browser: resolved once, and not into our own networks."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return open_socket(host, port, secure=True, guarded=True, timeout=timeout)


class CarefulSMTPS(smtplib.SMTP_SSL, CarefulSMTP): ...


class Guarded(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return CarefulSMTPS if self.use_ssl else CarefulSMTP


class Mail(Transport):
    """One mail per call over one connection per thread. A server takes the same mail twice, so it is not idempotent;
    the Message-ID is the message's own at every try, so that a mailbox can fold a pair."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.local = threading.local()

    def deliver(self, call: Call) -> Taken:
        (item,) = call.items
        domain = parseaddr(self.account.sender)[1].rpartition("@")[2] or "localhost"
        identity = f"<{hashlib.sha256(item.key.encode()).hexdigest()[:32]}@{domain}>"
        mail = EmailMessage(
            subject=item.subject,
            body=item.body,
            from_email=self.account.sender,
            to=[item.destination],
            headers={"Message-ID": identity, "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.message()
        except ValueError as error:  # BadHeaderError, an address with a line break
            raise TransportError("bad_header", type(error).__name__, permanent=True, one=True) from error
        backend = self.connect()
        try:
            if not backend.send_messages([mail]):
                raise TransportError("bad_address", permanent=True, one=True)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise TransportError(f"smtp_{code}", permanent=code >= 500, wait=60, one=True) from error
        except smtplib.SMTPResponseException as error:
            raise TransportError(f"smtp_{error.smtp_code}", permanent=error.smtp_code >= 500, wait=60) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Ambiguous("no_answer", type(error).__name__) from error
        return Taken(identity[1:33])

    def connect(self) -> EmailBackend:
        """This thread's connection, opened again when the server has dropped it. Nothing of a mail has left yet."""
        backend: EmailBackend | None = getattr(self.local, "backend", None)
        if backend is not None and backend.connection is not None:
            try:
                if backend.connection.noop()[0] == 250:
                    return backend
            except (smtplib.SMTPException, OSError):
                pass
            self.close()
        account, where = self.account, urlsplit(self.account.url)
        made = (Guarded if account.guarded else EmailBackend)(
            host=where.hostname,
            port=where.port or DEFAULT_PORT[account.security],
            username=account.key_id,
            password=account.secret,
            use_tls=account.security == "starttls",
            use_ssl=account.security == "ssl",
            timeout=SECONDS,
        )
        try:
            made.open()
        except Forbidden as error:
            raise TransportError("forbidden_address", error.code, switch=True, wait=300) from error
        except smtplib.SMTPAuthenticationError as error:
            raise TransportError("smtp_login", switch=True, wait=300) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransportError("unreachable", type(error).__name__, wait=5) from error
        self.local.backend = made
        return made

    def close(self) -> None:
        backend: EmailBackend | None = getattr(self.local, "backend", None)
        self.local.backend = None
        if backend is not None and backend.connection is not None:
            backend.connection.close()
            backend.connection = None
