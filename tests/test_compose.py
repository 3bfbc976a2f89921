"""The deployment, as far as its files tell: who may do what, what is open, secret and healthy."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mentorship.service import heartbeats
from mentorship.settings import Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
EXTERNAL = yaml.safe_load((ROOT / "deploy" / "external.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text()
OPERATING = (ROOT / "docs" / "operations.md").read_text()
SETTINGS = {setting.name.upper(): setting for setting in dataclasses.fields(Settings)}
#: Settings that hold a secret, or an address with a password in it.
SECRET = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SMTP_URL"}

Compose = dict[str, Any]
Service = dict[str, Any]


def seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([sm])", duration).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60}[unit]


def is_ours(service: Service) -> bool:
    return bool(service["image"] == "preceptor")


def is_locked_down(name: str, service: Service, compose: Compose) -> bool:
    # The program of this image does not start without; its user does not get it.
    added = ["NET_BIND_SERVICE"] if name == "proxy" else []
    return (
        service.get("read_only") is True
        and service.get("cap_drop") == ["ALL"]
        and service.get("cap_add", []) == added
        and service.get("security_opt") == ["no-new-privileges:true"]
        and not {"privileged", "network_mode", "pid", "ipc", "devices"} & service.keys()
    )


def is_not_root(name: str, service: Service, compose: Compose) -> bool:
    (user,) = re.findall(r"^USER (\S+)$", DOCKERFILE, re.M)
    return str(service.get("user", user if is_ours(service) else "root")) not in (
        "root", "0", "0:0",
    )  # fmt: skip


def has_a_pinned_image(name: str, service: Service, compose: Compose) -> bool:
    if is_ours(service):
        return bool(service["build"] == ".")
    tag = service["image"].partition(":")[2]
    return tag[:1].isdigit() and "build" not in service


def takes_secrets_from_files(name: str, service: Service, compose: Compose) -> bool:
    """Return whether no secret is in the environment, and each that is named is mounted."""
    environment = service.get("environment", {})
    files = {key: value for key, value in environment.items() if key.endswith("_FILE")}
    rest = environment.keys() - files.keys()
    mounted = {f"/run/secrets/{secret}" for secret in service.get("secrets", [])}
    return (
        not rest & SECRET
        and not any(re.search("KEY|PASSWORD|SECRET|TOKEN", key) for key in rest)
        and set(files.values()) == mounted
        and set(service.get("secrets", [])) <= compose["secrets"].keys()
    )


def sets_only_what_exists(name: str, service: Service, compose: Compose) -> bool:
    known = SETTINGS.keys() if name != "database" else {
        "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD",
    }  # fmt: skip
    return {key.removesuffix("_FILE") for key in service.get("environment", {})} <= known


def is_open_to_this_machine_only(name: str, service: Service, compose: Compose) -> bool:
    ports = service.get("ports", [])
    if name == "proxy":
        return bool(ports == ["80:80", "443:443"])
    return all(port.startswith("127.0.0.1:") for port in ports)


def tells_its_health(name: str, service: Service, compose: Compose) -> bool:
    if service["restart"] == "no":
        return True  # It does one thing and ends.
    test = service.get("healthcheck", {}).get("test", ["NONE"])
    words = " ".join(service.get("command", []))
    kinds = [kind for kind in heartbeats.KINDS if re.search(rf"--queues={kind}\b|\b{kind}$", words)]
    if kinds:
        return bool(test == ["CMD", "preceptor", "healthy", *kinds])
    return test[0] in ("CMD", "CMD-SHELL") and "/readyz" not in " ".join(test)


def hears_early_that_it_should_end(name: str, service: Service, compose: Compose) -> bool:
    return service.get("init") is True or not is_ours(service)


def may_be_many(name: str, service: Service, compose: Compose) -> bool:
    return "container_name" not in service and (
        not name.startswith("worker") or not {"ports", "volumes", "hostname"} & service.keys()
    )


def is_there_when_asked_for_only(name: str, service: Service, compose: Compose) -> bool:
    optional = {"catcher": ["try"], "proxy": ["tls"]}
    return (
        service.get("profiles") == optional.get(name)
        and not set(service.get("depends_on", ())) & optional.keys()
    )


def does_without_what_may_be_elsewhere(name: str, service: Service, compose: Compose) -> bool:
    needed = service.get("depends_on", {})
    return all(
        needed[other].get("required") is False for other in ("database", "redis") if other in needed
    )


def has_only_the_secrets_it_needs(name: str, service: Service, compose: Compose) -> bool:
    """Return whether the key and the relay's password are with the site and mail workers alone."""
    secret = set(service.get("secrets", []))
    if name in ("web", "worker-mail"):
        return {"secret_key", "smtp_url"} <= secret
    return not secret & {"secret_key", "smtp_url"}


RULES: list[Callable[[str, Service, Compose], bool]] = [
    is_locked_down, is_not_root, has_a_pinned_image, takes_secrets_from_files,
    sets_only_what_exists, is_open_to_this_machine_only, tells_its_health,
    has_only_the_secrets_it_needs, hears_early_that_it_should_end, may_be_many,
    is_there_when_asked_for_only, does_without_what_may_be_elsewhere,
]  # fmt: skip

BREACHES: list[tuple[Callable[..., bool], str, dict[str, Any]]] = [
    (is_locked_down, "web", {"read_only": False}),
    (is_locked_down, "redis", {"cap_drop": []}),
    (is_locked_down, "worker-mail", {"cap_add": ["NET_BIND_SERVICE"]}),
    (is_locked_down, "database", {"security_opt": []}),
    (is_locked_down, "beat", {"privileged": True}),
    (is_not_root, "web", {"user": "root"}),
    (is_not_root, "redis", {"user": "0"}),
    (has_a_pinned_image, "redis", {"image": "redis"}),
    (has_a_pinned_image, "proxy", {"image": "caddy:latest"}),
    (takes_secrets_from_files, "web", {"environment": {"SECRET_KEY": "${SECRET_KEY:-changeme}"}}),
    (takes_secrets_from_files, "web", {"environment": {"REDIS_URL": "redis://redis"}}),
    (takes_secrets_from_files, "database", {"environment": {"POSTGRES_PASSWORD": "preceptor"}}),
    (takes_secrets_from_files, "beat", {"secrets": []}),
    (sets_only_what_exists, "web", {"environment": {"BASE_ADDRESS": "x"}}),
    (is_open_to_this_machine_only, "web", {"ports": ["8000:8000"]}),
    (is_open_to_this_machine_only, "database", {"ports": ["5432:5432"]}),
    (tells_its_health, "catcher", {"healthcheck": {"test": ["NONE"]}}),
    (tells_its_health, "worker-mail", {"healthcheck": {"test": ["CMD", "true"]}}),
    (tells_its_health, "web", {"healthcheck": {"test": ["CMD", "curl", "localhost/readyz"]}}),
    (has_only_the_secrets_it_needs, "beat", {"secrets": ["database_url", "secret_key"]}),
    (has_only_the_secrets_it_needs, "worker-matching", {"secrets": ["smtp_url"]}),
    (hears_early_that_it_should_end, "worker-mail", {"init": False}),
    (may_be_many, "worker-matching", {"container_name": "matching"}),
    (may_be_many, "worker-mail", {"volumes": ["mail:/mail"]}),
    (is_there_when_asked_for_only, "catcher", {"profiles": []}),
    (is_there_when_asked_for_only, "web", {"depends_on": {"catcher": {}}}),
    (does_without_what_may_be_elsewhere, "web", {"depends_on": {"redis": {}}}),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_keeps_a_rule(rule: Callable[..., bool], name: str) -> None:
    assert rule(name, COMPOSE["services"][name], COMPOSE)


@pytest.mark.parametrize(("rule", "name", "change"), BREACHES)
def test_a_rule_catches_a_breach(
    rule: Callable[..., bool], name: str, change: dict[str, Any]
) -> None:
    compose = copy.deepcopy(COMPOSE)
    compose["services"][name] |= change

    assert not rule(name, compose["services"][name], compose)


def test_every_rule_has_a_breach_to_catch() -> None:
    assert {rule for rule, _, _ in BREACHES} == set(RULES)


def test_secrets_are_files_that_are_in_neither_the_repository_nor_the_image() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"secrets/{name}"}
        assert f"> secrets/{name}\n" in OPERATING
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert not [line for line in ignored if line.startswith("!") and "secret" in line]


def test_no_secret_has_a_default() -> None:
    defaults = re.findall(r"\$\{(\w+):?-([^}]*)\}", TEXT)

    assert defaults == [("PROXY_HOPS", "1")]
    assert not re.search(r"://[^/\s]*:[^/\s]*@", TEXT)


def test_processes_told_to_end_may_finish_what_is_under_way() -> None:
    services = COMPOSE["services"]
    (graceful,) = re.findall(r'"--graceful-timeout", "(\d+)"', DOCKERFILE)

    assert seconds(services["web"]["stop_grace_period"]) > int(graceful)
    assert seconds(services["worker-mail"]["stop_grace_period"]) > Settings.smtp_final_seconds
    assert seconds(services["worker-matching"]["stop_grace_period"]) >= 60


def test_the_proxy_is_the_one_hop_that_the_site_trusts() -> None:
    (port,) = re.findall(r'"--bind", "0\.0\.0\.0:(\d+)"', DOCKERFILE)

    assert f"reverse_proxy web:{port} " in CADDYFILE
    assert "request_header -X-Forwarded-*\n" in CADDYFILE
    assert "trusted_proxies" not in CADDYFILE
    assert COMPOSE["services"]["web"]["environment"]["PROXY_HOPS"] == "${PROXY_HOPS:-1}"
    assert "./deploy/Caddyfile:/etc/caddy/Caddyfile:ro" in COMPOSE["services"]["proxy"]["volumes"]


def test_a_database_elsewhere_replaces_the_bundled_one_and_everyone_can_check_it() -> None:
    left_out = {name for name, service in EXTERNAL["services"].items() if "profiles" in service}
    trusting = {name for name, service in EXTERNAL["services"].items() if "secrets" in service}
    connecting = {
        name
        for name, service in COMPOSE["services"].items()
        if "DATABASE_URL_FILE" in service.get("environment", {})
    }

    assert left_out == {"database", "redis"}
    assert trusting == connecting
    assert EXTERNAL["secrets"] == {"authority": {"file": "secrets/authority"}}
