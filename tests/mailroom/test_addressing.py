"""The addresses of new inboxes: taken as they are wanted, or made up of two words."""

from __future__ import annotations

import pytest

from mailmcp.errors import BadAddress
from mailmcp.mailroom.addressing import local_part


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example"])
@pytest.mark.parametrize("written", ["bücher.example", "Xn--bcher-kva.example"])
def test_the_domain_may_be_given_too_however_it_is_spelled(domain: str, written: str) -> None:
    assert local_part(f"Bob@{written}", domain) == "bob"
    with pytest.raises(BadAddress, match="give only the part before it"):
        local_part("bob@bucher.example", domain)


def test_made_up_addresses_have_two_words() -> None:
    for _ in range(500):
        first, second, digits = local_part(None, "agents.test").split("-")
        assert first != second
        assert len(digits) == 4
