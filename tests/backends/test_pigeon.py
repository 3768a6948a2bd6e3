"""Pigeon, the example of how a backend is written, joins the contract of services."""

from __future__ import annotations

import re
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fake_pigeon import DOMAIN, KEY, Pigeon
from pigeon import PigeonBackend, PigeonSettings
from service_contract import ServiceContract
from stands import FakeStand

from mailmcp.backends.calls import Pace
from mailmcp.config import Settings


class PigeonStand(FakeStand):
    """Pigeon, as the contract asks for it."""

    on: ClassVar = {"send": "POST .*/sends", "look": "/mails[?]", "fetch": "/raw"}
    domain = DOMAIN
    keeps_bytes = True
    environment: ClassVar = {"MAILMCP_BACKEND": "pigeon"}

    def backend(self, settings: Settings, reception: Any, through: Any, pace: Pace) -> PigeonBackend:
        settings = settings.model_copy(update={"pigeon": PigeonSettings(api_key=KEY, calls=6000)})
        return PigeonBackend(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        self.fake.deliver(address, raw, at)

    def forget_cursors(self) -> None:
        self.fake.generation += 1


class TestPigeon(ServiceContract):
    """It keeps the bytes, knows repeats, and has marks."""

    @pytest.fixture
    def stand(self) -> PigeonStand:
        return PigeonStand(Pigeon())


PAGE = Path(__file__).parents[2] / "docs" / "backends.md"


def test_it_is_as_short_as_the_page_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "in less than 250 lines" in page
    assert len((Path(__file__).parent / "pigeon.py").read_text(encoding="utf-8").splitlines()) < 250


def test_what_the_page_names_is_there() -> None:
    told = PAGE.read_text(encoding="utf-8").partition("## Writing one")[2]
    named = re.findall(r"`(calls|services|fields|http)\.(\w+)", told)
    assert len(named) > 10
    for module, name in named:
        if name != "py":
            assert hasattr(import_module(f"mailmcp.backends.{module}"), name), f"{module}.{name}"
    for file in re.findall(r"`(tests/backends/\w+\.py|\w+\.py)`", told):
        assert list((PAGE.parents[1] / "tests").rglob(Path(file).name)) or list(
            (PAGE.parents[1] / "src").rglob(Path(file).name)
        ), file
