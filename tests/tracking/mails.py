"""Raw mails for the tests of what comes in."""

from textwrap import dedent


def mail(
    text: str = "",
    *,
    html: str = "",
    subject: str = "Re: Hello",
    sender: str = "Jane <jane@globex.example>",
    **headers: str,
) -> bytes:
    """A mail to us; `headers` as Python names (`in_reply_to`)."""
    lines = [f"From: {sender}", "To: me@acme.example", f"Subject: {subject}", "MIME-Version: 1.0"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items() if value]
    kind, body = ("text/html", html) if html else ("text/plain", dedent(text))
    return "\r\n".join([*lines, f"Content-Type: {kind}; charset=utf-8", "", *body.splitlines(), ""]).encode()


def report(
    message_id: str,
    *,
    recipient: str = "jane@globex.example",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    original: str = "",
) -> bytes:
    """A delivery report (RFC 3464) with the head of our mail."""
    more = f"\nOriginal-Recipient: rfc822;{original}" if original else ""
    text = f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.globex.example>
To: me@acme.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

Your message could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.globex.example

Final-Recipient: rfc822; {recipient}{more}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--edge
Content-Type: text/rfc822-headers

From: me@acme.example
To: {recipient}
Message-ID: <{message_id}>
Subject: Hello

--edge--
"""
    return text.replace("\n", "\r\n").encode()


def complaint(message_id: str, *, recipient: str = "jane@globex.example") -> bytes:
    """A complaint (RFC 5965)."""
    text = f"""\
From: fbl@provider.example
To: me@acme.example
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="edge"

--edge
Content-Type: text/plain

This is a complaint.

--edge
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Original-Rcpt-To: <{recipient}>

--edge
Content-Type: message/rfc822

From: me@acme.example
To: {recipient}
Message-ID: <{message_id}>
Subject: Hello

Hello
--edge--
"""
    return text.replace("\n", "\r\n").encode()
