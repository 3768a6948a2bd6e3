"""Pigeon, the example of how a backend is written, joins the contract of services."""

from __future__ import annotations

from datetime import datetime
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
