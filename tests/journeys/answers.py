"""What comes back to a mail, as real programs write it: Thunderbird, an out-of-office service, Postfix."""

from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr

from tests.journeys.post_office import Letter


def _now() -> str:
    return format_datetime(datetime.now(UTC))


def reply(letter: Letter, *, sender: str, text: str) -> bytes:
    """A person answers in the thread with a mail program, the mail quoted below."""
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    author = parseaddr(letter.header("From"))
    mail = f"""Return-Path: <{sender}>
Message-ID: <f3b1c2d4-{abs(hash((sender, text)))}@{sender.partition("@")[2]}>
Date: {_now()}
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
Subject: Re: {letter.header("Subject").removeprefix("Re: ")}
Content-Language: en-GB
To: {letter.header("From")}
References: {letter.header("References")} {letter.header("Message-ID")}
From: {sender}
In-Reply-To: {letter.header("Message-ID")}
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

{text}

On 02/03/2026 10:15, {author[0]} wrote:
{quoted}
"""
    return _wire(mail)


def out_of_office(letter: Letter, *, sender: str) -> bytes:
    """A machine answers for its owner (RFC 3834), in the words of Exchange."""
    mail = f"""Return-Path: <>
From: {sender}
To: {letter.header("From")}
Subject: Automatic reply: {letter.header("Subject")}
Message-ID: <AM0PR04MB{abs(hash(sender))}@{sender.partition("@")[2]}>
In-Reply-To: {letter.header("Message-ID")}
References: {letter.header("Message-ID")}
Date: {_now()}
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
MIME-Version: 1.0
Content-Type: text/plain; charset="us-ascii"

I am out of the office until 9 March with no access to mail. In urgent cases please call our front desk.
"""
    return _wire(mail)


def bounce(letter: Letter, *, recipient: str) -> bytes:
    """Postfix reports that the recipient's server knows no such mailbox (RFC 3464)."""
    domain = recipient.partition("@")[2]
    headers = letter.content.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    mail = f"""Return-Path: <>
Date: {_now()}
From: MAILER-DAEMON@mx.{domain} (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {parseaddr(letter.header("From"))[1]}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="4XyZ1k2Jq3z9vP7.1741000000/mx.{domain}"
Content-Transfer-Encoding: 8bit
Message-Id: <4XyZ1k5b6Tz9vPd@mx.{domain}>

This is a MIME-encapsulated message.

--4XyZ1k2Jq3z9vP7.1741000000/mx.{domain}
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

This is the mail system at host mx.{domain}.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<{recipient}>: host mail.{domain}[192.0.2.25] said: 550 5.1.1 <{recipient}>:
    Recipient address rejected: User unknown in virtual mailbox table (in reply
    to RCPT TO command)

--4XyZ1k2Jq3z9vP7.1741000000/mx.{domain}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.{domain}
X-Postfix-Queue-ID: 4XyZ1k2Jq3z9vP7
Arrival-Date: {_now()}

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.{domain}
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected:
    User unknown in virtual mailbox table

--4XyZ1k2Jq3z9vP7.1741000000/mx.{domain}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: 8bit

{headers}

--4XyZ1k2Jq3z9vP7.1741000000/mx.{domain}--
"""
    return _wire(mail)


def _wire(mail: str) -> bytes:
    return mail.replace("\n", "\r\n").encode()
