"""PostgreSQL and Redis elsewhere: reached over TLS, refused unless their certificate is right."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import encryption
import pytest
import servers
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from mentorship import database
from mentorship.errors import Unavailable
from mentorship.service import doctor, queue
from mentorship.settings import Settings


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> encryption.Certificate:
    if shutil.which("openssl") is None:
        servers.missing("openssl", "apt-get install openssl")
    return encryption.Certificate(tmp_path_factory.mktemp("server"), "server")


@pytest.fixture(scope="module")
def stranger(certificate: encryption.Certificate) -> Path:
    """The file of an authority that signed nothing of ours."""
    return encryption.Certificate(certificate.file.parent, "stranger").file


@pytest.fixture(scope="module")
def encrypted_postgres(
    certificate: encryption.Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.Postgres]:
    binaries = servers.postgres_binaries()
    if binaries is None:
        servers.missing("PostgreSQL", "apt-get install postgresql")
    with servers.Postgres(binaries, tmp_path_factory.mktemp("postgres"), certificate) as server:
        yield server


@pytest.fixture(scope="module")
def encrypted_redis(
    certificate: encryption.Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """The port of a Redis behind TLS."""
    with (
        servers.Redis(tmp_path_factory.mktemp("redis")) as url,
        encryption.EncryptedPort(certificate, url.removeprefix("unix://")) as front,
    ):
        yield front.port


def connect(server: servers.Postgres, host: str, authority: Path) -> bool:
    """Connect as the site does, and return whether the connection is encrypted."""
    place = f"postgresql://postgres@{host}:{server.port}/postgres"
    engine = database.make_engine(f"{place}?sslmode=verify-full&sslrootcert={authority}")
    try:
        with database.reading(engine) as session:
            mine = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            return bool(session.scalar(text(mine)))
    finally:
        engine.dispose()


def test_postgresql_is_reached_over_tls(
    encrypted_postgres: servers.Postgres, certificate: encryption.Certificate
) -> None:
    assert connect(encrypted_postgres, "localhost", certificate.file)


def test_a_postgresql_of_a_strange_authority_or_name_is_refused(
    encrypted_postgres: servers.Postgres, certificate: encryption.Certificate, stranger: Path
) -> None:
    with pytest.raises(OperationalError, match="certificate verify failed"):
        connect(encrypted_postgres, "localhost", stranger)
    with pytest.raises(OperationalError, match="does not match host name"):
        connect(encrypted_postgres, "127.0.0.1", certificate.file)


def rung_at(redis_url: str, sqlite_url: str) -> int:
    """Ring as the workers do, and return for how many jobs."""
    settings = Settings(redis_url=redis_url)
    engine = database.make_engine(sqlite_url)
    return queue.sweep(engine, queue.make_celery(settings), settings)


@pytest.mark.parametrize("options", ["ssl_cert_reqs=required&ssl_ca_certs={}", "ssl_ca_certs={}"])
def test_redis_is_reached_over_tls(
    options: str, encrypted_redis: int, certificate: encryption.Certificate, sqlite_url: str
) -> None:
    url = f"rediss://localhost:{encrypted_redis}/0?{options.format(certificate.file)}"

    assert rung_at(url, sqlite_url) == 0
    findings = doctor.examine(Settings(redis_url=url))
    assert [finding.ok for finding in findings if finding.check == "redis"] == [True]


@pytest.mark.parametrize(
    ("host", "options"),
    [
        ("localhost", "?ssl_cert_reqs=required&ssl_ca_certs={stranger}"),
        ("localhost", "?ssl_ca_certs={stranger}"),
        ("localhost", ""),
        ("127.0.0.1", "?ssl_ca_certs={own}"),
    ],
)
def test_a_redis_of_a_strange_authority_or_name_is_refused(
    host: str,
    options: str,
    encrypted_redis: int,
    certificate: encryption.Certificate,
    stranger: Path,
    sqlite_url: str,
) -> None:
    asked = options.format(stranger=stranger, own=certificate.file)
    url = f"rediss://{host}:{encrypted_redis}/0{asked}"

    with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
        rung_at(url, sqlite_url)
