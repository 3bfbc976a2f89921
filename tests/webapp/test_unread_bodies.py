"""A large upload is read for those who may send it, and for no one else."""

from __future__ import annotations

import io

import pytest
from sites import World, everything
from sqlalchemy import Engine


class Body(io.BytesIO):
    """A body that notes how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data

    def readinto(self, buffer: object) -> int:
        size = super().readinto(buffer)  # type: ignore[arg-type]
        self.taken += size
        return size


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is read of a request is the same on every database."""
    return sqlite_url


@pytest.mark.parametrize(
    ("visitor", "status"),
    [
        ("stranger", 302), ("mentee", 413), ("mentor", 413), ("other coordinator", 413),
        ("coordinator", 422),
    ],
)  # fmt: skip
def test_a_large_body_is_read_only_from_people_who_may_upload(
    world: World, engine: Engine, visitor: str, status: int
) -> None:
    before, content = everything(engine), b"x" * 2_000_000
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    body = Body(head + content + b"\r\n--b--\r\n")

    answer = world.browsers[visitor].post(
        world.address("uploads.receive", world.ours), base_url="https://localhost",
        input_stream=body, content_length=len(body.getvalue()),
        content_type="multipart/form-data; boundary=b",
    )  # fmt: skip

    assert answer.status_code == status
    assert (body.taken > 0) == (visitor == "coordinator")
    assert everything(engine) == before


@pytest.mark.parametrize("endpoint", ["sign_in.send", "account.save", "preferences.unsubscribe"])
@pytest.mark.parametrize("visitor", ["stranger", "coordinator"])
def test_no_other_page_reads_a_large_body(world: World, endpoint: str, visitor: str) -> None:
    body = Body(b"email=" + b"x" * 2_000_000)

    answer = world.browsers[visitor].post(
        world.address(endpoint, world.ours), base_url="https://localhost", input_stream=body,
        content_length=2_000_000, content_type="application/x-www-form-urlencoded",
    )  # fmt: skip

    assert answer.status_code in (302, 413)
    assert body.taken == 0
