"""Access tokens: which refresh token is used."""

from __future__ import annotations

import ssl

import pytest
from relays import TokenEndpoint

from mentorship.delivery.oauth_tokens import AccessToken
from mentorship.errors import Unavailable
from mentorship.settings import Settings

CONTEXT = ssl.create_default_context()


def used(endpoint: TokenEndpoint) -> list[str]:
    return [form["refresh_token"] for form in endpoint.asked]


def test_a_refresh_token_that_is_replaced_is_used_from_then_on() -> None:
    with TokenEndpoint(refresh_token="r2", expires_in=0) as endpoint:
        token = AccessToken("r1", Settings(smtp_oauth_token_url=endpoint.url))
        assert [token.value(lambda: CONTEXT) for _ in range(3)] == ["t1", "t2", "t3"]
        assert used(endpoint) == ["r1", "r2", "r2"]


def test_a_newer_refresh_token_that_is_refused_gives_way_to_the_first() -> None:
    with TokenEndpoint(refresh_token="r2", expires_in=0) as endpoint:
        token = AccessToken("r1", Settings(smtp_oauth_token_url=endpoint.url))
        token.value(lambda: CONTEXT)
        endpoint.refusal = {"error": "invalid_grant"}
        with pytest.raises(Unavailable, match="400 invalid_grant"):
            token.value(lambda: CONTEXT)
        endpoint.refusal = {}
        token.value(lambda: CONTEXT)
        assert used(endpoint) == ["r1", "r2", "r1"]


def test_an_endpoint_that_is_out_of_order_takes_no_refresh_token_away() -> None:
    with TokenEndpoint(refresh_token="r2", expires_in=0) as endpoint:
        token = AccessToken("r1", Settings(smtp_oauth_token_url=endpoint.url))
        token.value(lambda: CONTEXT)
        endpoint.refusal, endpoint.status = {"error": "temporarily_unavailable"}, 503
        with pytest.raises(Unavailable, match="503 temporarily_unavailable"):
            token.value(lambda: CONTEXT)
        endpoint.refusal = {}
        token.value(lambda: CONTEXT)
        assert used(endpoint) == ["r1", "r2", "r2"]


@pytest.mark.parametrize("answer", [{"refresh_token": 5}, {"expires_in": "soon"}])
def test_an_answer_that_makes_no_sense_changes_nothing(answer: dict[str, object]) -> None:
    with TokenEndpoint(**{"refresh_token": "r2", **answer}) as endpoint:
        token = AccessToken("r1", Settings(smtp_oauth_token_url=endpoint.url))
        for _ in range(2):
            with pytest.raises(Unavailable, match="gave no token"):
                token.value(lambda: CONTEXT)
        assert used(endpoint) == ["r1", "r1"]
