"""Postfix and Dovecot as others run them: encrypted, with logins, mailboxes and reports.

Nothing leaves the machine. Postfix's master has to be root, so only tests that run as root use it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import encryption
import pytest
import servers
from patience import patient, wait_until

DOMAIN = "harbor.example.org"
PASSWORD = "pa/ss@word"
#: Who the mailboxes belong to.
_NOBODY = 65534
_DAEMONS = Path("/usr/lib/postfix/sbin")
_SERVICES = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """\
base_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%Lu
mail_uid = {owner}
mail_gid = {owner}
first_valid_uid = 1
first_valid_gid = 1
mail_plugins = quota
recipient_delimiter = +
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
plugin {{
  quota = maildir:User quota
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-postfix {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


class MailServers:
    """A Postfix that takes emails for DOMAIN by login, and a Dovecot with its mailboxes.

    `users` have mailboxes; those in `full` take nothing more. `refusals` are what Postfix answers
    to some recipients. What it took is also in `journal`.
    """

    def __init__(self, users: list[str], full: list[str], refusals: dict[str, str]) -> None:
        if os.geteuid() != 0:
            pytest.skip("Postfix must be started by root; `.ci/run` runs this test so")
        for program in ("postfix", "dovecot", "openssl"):
            if shutil.which(program) is None:
                what = "postfix dovecot-imapd dovecot-lmtpd openssl"
                servers.missing(program, f"apt-get install {what}")
        self.folder = Path(tempfile.mkdtemp(prefix="mta-"))
        self.folder.chmod(0o755)
        self.port, self.imap_port = encryption.free_port(), encryption.free_port()
        self.authority = encryption.Certificate(self.folder, "server").file
        self.journal = self.folder / "mail" / "all@journal.invalid"
        self._users, self._full, self._refusals = users, full, refusals
        self._dovecot: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", _NOBODY, _NOBODY)
        rules = dict.fromkeys(self._full, "*:bytes=10")
        self._write(
            "users",
            *(
                f"{user}@{DOMAIN}:{{PLAIN}}{PASSWORD}::::::"
                + (f"userdb_quota_rule={rules[user]}" if user in rules else "")
                for user in (*self._users, *self._full)
            ),
        )
        self._write(
            "dovecot.conf",
            _DOVECOT.format(folder=self.folder, imap=self.imap_port, owner=_NOBODY),
        )
        self._dovecot = subprocess.Popen(["dovecot", "-F", "-c", self.folder / "dovecot.conf"])
        wait_until("Dovecot", (self.folder / "dovecot" / "auth-postfix").exists)
        self._write("refusals", *(f"{who}@{DOMAIN} {text}" for who, text in self._refusals.items()))
        self._write("master.cf", _SERVICES.format(port=f"127.0.0.1:{self.port}"))
        self._write("main.cf", *(f"{name} = {value}" for name, value in self._settings().items()))
        for name in ("queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        self._run("start")
        return self

    def __exit__(self, *exc: object) -> None:
        self._run("stop")
        assert self._dovecot is not None
        self._dovecot.send_signal(signal.SIGTERM)
        self._dovecot.wait(patient(30))
        shutil.rmtree(self.folder)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a service that sends by this Postfix and reads what comes back."""
        login = f"{{}}%40{DOMAIN}:{PASSWORD.replace('/', '%2F').replace('@', '%40')}@localhost"
        return {
            "SMTP_URL": f"smtp+starttls://{login.format('mentoring')}:{self.port}",
            "SMTP_CA": str(self.authority),
            "SMTP_HELO": f"site.{DOMAIN}",
            "MAIL_FROM": f"mentoring@{DOMAIN}",
            "MAIL_RETURN_PATH": f"bounces@{DOMAIN}",
            "BOUNCES_URL": f"imap+starttls://{login.format('bounces')}:{self.imap_port}/INBOX",
            "MAIL_JOURNAL": str(self.journal),
        }

    def configure(self, **changes: str) -> None:
        """Restart Postfix with other settings."""
        for name, value in changes.items():
            subprocess.run(["postconf", "-c", self.folder, f"{name} = {value}"], check=True)
        # Told to reload, it would go on as before on the connections that senders keep open.
        self._run("abort")
        self._run("start")

    def delivered(self, user: str) -> list[bytes]:
        """Return the messages in a mailbox."""
        place = self.folder / "mail" / f"{user}@{DOMAIN}"
        return [file.read_bytes() for part in ("new", "cur") for file in (place / part).glob("*")]

    def _settings(self) -> dict[str, str]:
        folder = self.folder
        restrictions = "permit_sasl_authenticated, reject"
        return {
            "compatibility_level": "3.6",
            "queue_directory": f"{folder}/queue",
            "data_directory": f"{folder}/data",
            "daemon_directory": str(_DAEMONS),
            "maillog_file": f"{folder}/postfix.log",
            "maillog_file_prefixes": str(folder),
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "myhostname": f"mail.{DOMAIN}",
            "mydestination": "",
            "default_transport": "error:nothing leaves this machine",
            "relay_transport": "error:nothing leaves this machine",
            "recipient_delimiter": "+",
            "virtual_mailbox_domains": f"{DOMAIN}, journal.invalid",
            "virtual_transport": f"lmtp:unix:{folder}/dovecot/lmtp",
            "transport_maps": "inline:{journal.invalid=virtual:}",
            "virtual_mailbox_maps": "static:all@journal.invalid/",
            "virtual_mailbox_base": f"{folder}/mail",
            "virtual_uid_maps": f"static:{_NOBODY}",
            "virtual_gid_maps": f"static:{_NOBODY}",
            "always_bcc": "all@journal.invalid",
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_cert_file": f"{folder}/server.pem",
            "smtpd_tls_key_file": f"{folder}/server.key",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": f"{folder}/dovecot/auth-postfix",
            "smtpd_sender_login_maps": f"inline:{{bounces@{DOMAIN}=mentoring@{DOMAIN}}}",
            "smtpd_relay_restrictions": restrictions,
            "smtpd_recipient_restrictions": (
                f"check_recipient_access texthash:{folder}/refusals, {restrictions}"
            ),
        }

    def _write(self, name: str, *lines: str) -> None:
        (self.folder / name).write_text("\n".join((*lines, "")))

    def _run(self, command: str) -> None:
        subprocess.run(
            ["postfix", "-c", self.folder, command], check=True, capture_output=True, cwd="/"
        )
