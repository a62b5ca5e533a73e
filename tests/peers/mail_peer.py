#!/usr/bin/python3
"""A real mail server for the tests, and an independent reader of what it gets.

Usage: mail_peer.py plain|starttls|implicit [CERTIFICATE KEY] [USER PASSWORD]

It listens on a free port of 127.0.0.1 and prints the port. For each mail that it
takes it prints one line of JSON, before it answers. A recipient whose name begins
with `nobody` is refused. It ends when its input does.
"""

import asyncio
import json
import logging
import ssl
import sys
from email import message_from_bytes, policy
from email.header import decode_header, make_header

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def read_name(value):
    """The display name, decoded from its raw words."""
    raw = value.rpartition("<")[0].strip().strip('"')
    return str(make_header(decode_header(raw)))


def read(content):
    """What a mail program would show, and what a strict one would complain of."""
    mail = message_from_bytes(content, policy=policy.SMTP)
    raw = message_from_bytes(content, policy=policy.compat32)
    head = content.split(b"\r\n\r\n")[0]
    return {
        "subject": str(make_header(decode_header(raw["Subject"]))),
        "subject_by_policy": mail["Subject"],
        "from": [[read_name(raw["From"]), one.addr_spec] for one in mail["From"].addresses],
        "to": [[read_name(raw["To"]), one.addr_spec] for one in mail["To"].addresses],
        "date": mail["Date"].datetime.isoformat(),
        "headers": {name: str(value) for name, value in mail.items()},
        "counts": {name.lower(): len(raw.get_all(name)) for name in raw.keys()},
        "body": mail.get_content().replace("\r\n", "\n"),
        "content_type": mail.get_content_type(),
        "charset": mail.get_content_charset(),
        "defects": [str(defect) for defect in mail.defects],
        "longest": max(len(line) for line in content.split(b"\r\n")),
        "longest_head": max(len(line) for line in head.split(b"\r\n")),
        "is_ascii": all(byte < 128 for byte in content),
        "bare_line_ends": content.replace(b"\r\n", b"").count(b"\n") + content.replace(b"\r\n", b"").count(b"\r"),
    }


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        got = read(envelope.content)
        got["mail_from"] = envelope.mail_from
        got["rcpt_tos"] = envelope.rcpt_tos
        got["tls"] = server.transport.get_extra_info("sslcontext") is not None
        got["login"] = bool(session.authenticated)
        got["peer"] = list(session.peer[:2])
        print(json.dumps(got), flush=True)
        return "250 2.0.0 Ok: queued as 4F2A81"


def factory(mode, context, login):
    def authenticate(server, session, envelope, mechanism, data):
        right = isinstance(data, LoginPassword) and [data.login.decode(), data.password.decode()] == login
        return AuthResult(success=right, handled=False)

    options = {"hostname": "peer.example.org", "timeout": 30}
    if mode == "starttls":
        options.update(tls_context=context, require_starttls=True)
    if login:
        options.update(authenticator=authenticate, auth_required=True, auth_require_tls=mode == "starttls")
    return lambda: SMTP(Handler(), **options)


async def main():
    mode, arguments = sys.argv[1], sys.argv[2:]
    context = None
    if mode != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments[0], arguments[1])
        arguments = arguments[2:]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        factory(mode, context, arguments), "127.0.0.1", 0, ssl=context if mode == "implicit" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


# A client that refuses our certificate is a test, not an error.
logging.disable(logging.CRITICAL)
asyncio.run(main())
