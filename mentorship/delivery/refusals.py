"""Why an email was not delivered: because of its address, of us, or of this one email.

Read first from what a server says of the sender, the client or the login; then from the enhanced
status code (RFC 3463, and the codes registered since: RFC 5248, RFC 7505, RFC 7372); and only where
that is missing or general from other words, as servers have written them for decades. Only faults
of the address mark it: what is unclear marks no one. What happens to the email then, such as
another try after a 450, is decided in `outcomes`.
"""

from __future__ import annotations

import enum
import re

from mentorship import logs

#: What the cause of emails that came back begins with; a status code follows.
CAME_BACK = "came back, "

_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)")
_REPLY = re.compile(r"(?<![\d.:])([45]\d\d)[ -]+(?:(?:[45]\d\d[ -]+)?([45]\.\d{1,3}\.\d{1,3})\b)?")

#: Any email to it would be refused: no such mailbox or domain, a malformed address, one that moved,
#: a domain that takes no mail, and a mailbox that was closed. The last four are Microsoft's.
_OF_ADDRESS = frozenset(
    {"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "1.11", "1.12", "1.351", "4.310"}
)  # fmt: skip
#: Any email of ours would be refused: the sender's address or system, signing in, encryption,
#: SPF, DKIM, DMARC and reverse DNS, and how much we may send.
_OF_US = frozenset(
    {
        "1.7", "1.8", "1.90", "4.5", "5.6", "7.4", "7.8", "7.9", "7.10", "7.11", "7.12", "7.13",
        "7.14", "7.18", "7.19", *(f"7.{number}" for number in range(20, 31)), "7.57", "7.60",
        "7.64", "7.139", "7.750", "2.252",
    }
)  # fmt: skip
#: Subjects of a code in which the detail 0, or no subject at all, says nothing.
_GENERAL = frozenset({"0.0", "1.0", "2.0", "3.0", "4.0", "4.1", "4.4", "5.0"})
#: Replies about signing in (RFC 4954), and of a domain that takes no mail (RFC 7504).
_SIGN_IN_REPLIES = frozenset({530, 534, 535, 538})
_NO_MAIL_REPLIES = frozenset({521, 556})


def _any_of(*expressions: str) -> re.Pattern[str]:
    return re.compile("|".join(expressions), re.IGNORECASE)


_GREYLISTED = _any_of(r"gr[ea]y-?list", r"gr[ea]y listed", r"come back later")
_ABOUT_US = _any_of(
    # The sender.
    r"sender'?s? (e-?mail )?(address |domain )?((was|is|has been) )?"
    r"(rejected|denied|refused|not allowed|not authori[sz]ed|blocked|blacklisted|unverified|"
    r"invalid|unknown|disallowed|not (found|valid|accepted|permitted|exist))",
    r"(bad|invalid|illegal|malformed|unverified|unknown|unauthenticated|blocked) sender",
    r"sender (address )?verif\w+",
    r"(verify|verification) (of )?sender",
    r"verification failed for <",
    r"domain of (the )?(sender|mail ?from)",
    r"sender'?s? (address'?s? )?domain",
    r"not (owned|allowed|authori[sz]ed) (by|to|for) (the )?(user|authenticated|use|send)",
    r"not? permission(s)? to send as|send ?as ?denied|send as this sender",
    r"(mail from|return-?path|envelope[- ](from|sender)|from:? address) .{0,60}"
    r"(not|reject|denied|invalid|must|mismatch)",
    # The client, and how it greeted.
    r"client host .{0,80}(rejected|blocked|denied|listed)",
    r"client (is |was )?not authenticated",
    r"your (host|ip|server|client|system|network)( name| address)?\b.{0,60}"
    r"(not|block|reject|banned|denied|listed|refus|reputation)",
    r"(banned|blocked|blacklisted) (sending |client )?(ip|host|server)",
    r"\bip\b.{0,60}(block|black|deny) ?list|blocked using ",
    r"(reverse dns|ptr record|rdns|reverse (host)?name)",
    r"cannot find your (reverse )?hostname",
    r"\b(dns[bw]l|rbl|spamhaus|spamcop|barracuda)\b",
    r"(helo|ehlo)\b.{0,80}(reject|invalid|bad|not|require|denied|need|mismatch)",
    r"(bad|invalid|rejected|forged) (helo|ehlo)|need fully-qualified hostname",
    # Signing in, encryption, relaying, and how much we may send.
    r"(must|need to|please|have to) (first )?(authenticate|log ?in|sign in)",
    r"authentication (is )?(required|failed|unsuccessful|credentials|needed)",
    r"not (yet )?authenticated|must issue a starttls|encryption (is )?required",
    r"relay(ing)? (access )?((is|was) )?"
    r"(rejected|denied|not permitted|not allowed|prohibited|refused)",
    r"unable to relay|not permitted to relay|relaying .{0,20}not|rcpthosts|do(es)? not relay",
    r"account .{0,30}(suspended|blocked|disabled) (from|for) sending",
)
#: The client too, unless more is said of the recipient, or of what is in the email.
_PERHAPS_ABOUT_US = _any_of(
    r"(mail|messages?) from (ip )?\[?\d{1,3}(\.\d{1,3}){3}\]?.{0,60}(defer|reject|block|refus)",
    r"^(?!.*\b(links?|ur[il]s?|web ?sites?|attachments?|content|body)\b).*poor reputation",
    r"ipcheck\.proofpoint",
)
#: For good; a limit that lasts a minute puts off one email and leaves others alone.
_TOO_MUCH = _any_of(
    r"(daily|hourly|sending|outgoing) .{0,30}(limit|quota).{0,20}(exceed|reach)",
    r"(exceed|reach)\w* .{0,40}(sending|hourly|daily|outgoing) .{0,20}(limit|quota|allowance)",
    r"too (many (messages|emails|recipients)|much mail) (from|sent|today|this)",
)
#: Exchange's names of what one recipient or their organization lets in, which says nothing of us.
_OF_RECIPIENT = _any_of(r"RESOLVER\.RST\.", r"external forwarding")
#: Not for good, or about this one email, whatever else is said.
_FULL = _any_of(
    r"over[- ]?quota|quota (is )?(exceeded|full|reached)|exceed\w* .{0,30}(quota|storage)",
    r"(mailbox|inbox|mbox|folder|account|storage)( for \S+| size)? (is |was )?(full|exceed)",
    r"full mailbox|insufficient (system |disk )?storage|out of storage|no (more )?(disk )?space",
    r"receiving (mail|messages) (too quickly|at a rate)",
    r"temporar\w+|try (it )?(again|later)|retry time|timed? ?out|too long in queue",
    r"(message|delivery|queue|queued|time) .{0,30}expired|gr[ea]y-?list",
)
_OF_THIS_EMAIL = _any_of(
    r"\bspam\b|junk|\buce\b|unsolicited|virus|malware|phish|content|attachment|suspicious",
    r"polic(y|ies)|prohibited|dmarc|dkim|\bspf\b|reputation|black-?list|block-?list|blocked",
    r"(message|mail|size|file) .{0,20}(too (big|large|long)|exceeds)|too (big|large)",
    r"bounce address|loop|hop count|connection (refused|reset|timed)|network is unreachable",
    r"not authori[sz]ed|permission|restricted|only accepts|authenticated|access denied",
)
_ABOUT_ADDRESS = _any_of(
    r"unknown (user|recipient|mailbox|account|address|local[- ]?part|destination|or illegal)",
    r"(no|not an?|isn'?t an?) (such )?(valid |known |active )?(user|person|people|mailbox|"
    r"recipient|account|customer|local user|local address)\b(?! (limit|quota|policy))",
    r"no such (address|domain|host|name|alias|member|e-?mail)",
    r"\b(user|recipient|mailbox|account|address|inbox|e-?mail|person|alias|member)\b.{0,60}?"
    r"\b(unknown|not (be )?found|does ?n[o']t exist|does not exist|not exist|non-?existent|invalid|"
    r"unavailable|disabled|inactive|deactivated|discontinued|closed|terminated|expunged|"
    r"no longer|suspended|(has|have) moved|moved to|not (listed|valid|known|here|recogni[sz]ed|"
    r"active|a valid|local)|undeliverable|unrouteable|unroutable|doesn.t have)",
    r"(bad|invalid|incorrect|nonexistent|undeliverable|illegal) "
    r"(destination |recipient |e-?mail )?(mailbox|recipient|address|user|account)",
    r"addressee unknown|address (rejected|unknown)|recipient ?not ?found|recipientnotfound",
    r"un(re)?route?able (mail )?(address|domain)|host or domain name not found",
    r"(host|domain)( name)?( \S+)?( (is|was))? (unknown|not found|does ?n[o']t exist|"
    r"does not exist|non-?existent)|nonexistent ?domain|nxdomain|couldn.t find any host",
    r"(unknown|no such|invalid|nonexistent) (mail )?(domain|host)|null ?mx",
    r"(domain|host) .{0,40}does not accept (e-?)?mail",
    r"(no longer|never) (with|works? (at|for|here)|employed|at this address|in use|accept)",
    r"(has )?left the (company|organi[sz]ation)|user not local|doesn.t have an? \S+ account",
)


class Fault(enum.StrEnum):
    """Why an email was not delivered."""

    ADDRESS = "address"  # no email ever reaches it
    US = "us"  # every email of ours is refused
    EMAIL = "email"  # this one was not taken: a full mailbox, its content, a policy, or no reason


def fault_of(words: str, code: int | None = None) -> Fault:
    """Return whose fault a failure is, from a server's reply or a report's diagnosis.

    `code` is the reply code of a relay that we asked ourselves. Temporary failures are never the
    address's.
    """
    status = status_of(words)
    detail = status.partition(".")[2]
    is_permanent = code >= 500 if code is not None else status.startswith("5")
    is_about_address = detail in _OF_ADDRESS or _ABOUT_ADDRESS.search(words)
    is_greylisting = not is_permanent and _GREYLISTED.search(words)
    is_about_us = (
        code in _SIGN_IN_REPLIES
        or detail in _OF_US
        or re.fullmatch(r"7\.[567]\d\d", detail)  # Microsoft's, for senders that it blocks.
        or _ABOUT_US.search(words)
        or (_PERHAPS_ABOUT_US.search(words) and not is_about_address)
        or (is_permanent and _TOO_MUCH.search(words))
    )
    if is_about_us and not is_greylisting and not _OF_RECIPIENT.search(words):
        return Fault.US
    if not is_permanent or _FULL.search(words):
        return Fault.EMAIL
    if detail in _OF_ADDRESS or code in _NO_MAIL_REPLIES:
        return Fault.ADDRESS
    # Microsoft 365 says so of every address that its domain does not have.
    if detail == "4.1" and "recipient address rejected" in words.lower():
        return Fault.ADDRESS
    if (not detail or detail in _GENERAL) and _ABOUT_ADDRESS.search(words):
        return Fault.EMAIL if _OF_THIS_EMAIL.search(words) else Fault.ADDRESS
    return Fault.EMAIL


def status_of(words: str) -> str:
    """Return the status code in a server's words, such as `5.1.1`; "" without one.

    One beside the reply code goes before others. A reply code alone gives `5.0.0` or `4.0.0`.
    """
    reply = _REPLY.search(words)
    if reply is not None and reply[2]:
        return reply[2]
    named = _STATUS.search(words)
    if named is not None:
        return named[0]
    return f"{reply[1][0]}.0.0" if reply is not None else ""


def cause_of(words: str) -> str:
    """Return what failures of one cause have in common: words without addresses and numbers.

    Only codes are kept of what holds digits, since servers add numbers of queues, hosts and hours.
    """
    codes = {match[0] for match in _STATUS.finditer(words)}
    if (reply := _REPLY.search(words)) is not None:
        codes.add(reply[1])
    kept = [
        word if word.strip("<>()[]#:;,.-") in codes or not re.search(r"\d", word) else "…"
        for word in re.sub(r"(?<=\d)-(?=\d)", " ", logs.discreet(words)).split()
    ]
    told = [word for at, word in enumerate(kept) if word != "…" or kept[at - 1 : at] != ["…"]]
    return " ".join(told)[:200]
