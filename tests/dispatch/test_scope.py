"""A scope is codes of a part of the network."""

import pytest

from dispatch.models import Lane
from dispatch.scope import Scope, UnknownScope, resolve

pytestmark = pytest.mark.django_db


def test_it_goes_through_json():
    scope = Scope(regions=("330000",), lanes=(4,))
    assert Scope.from_json(scope.to_json()) == scope
    assert Scope.from_json({}) == Scope()
    assert not Scope()


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"regions": "330000"},
        {"regions": [33]},
        {"regions": ["a\x00"]},
        {"warehouses": [""]},
        {"lanes": ["1"]},
        {"lanes": [True]},
        {"lanes": [2**63]},
        {"lanes": 5},
        {"planets": []},
    ],
)
def test_it_refuses_what_is_no_scope(data):
    with pytest.raises(UnknownScope):
        Scope.from_json(data)


@pytest.mark.parametrize("code", ["33", "330000"])
def test_it_covers_the_regions_inside_and_their_warehouses(network, code):
    resolved = resolve(Scope(regions=(code,)))
    assert resolved.regions == ["330000", "330100", "330200"]
    assert resolved.warehouses == ["W01"]


def test_it_names_what_the_network_does_not_have(network):
    lane = Lane.objects.order_by("-id").first().pk + 1
    with pytest.raises(UnknownScope) as refusal:
        resolve(Scope(regions=("99",), warehouses=("W01", "W9"), carriers=("XX",), lanes=(lane,)))
    assert refusal.value.extra["unknown"] == ["region 990000", "warehouse W9", "carrier XX", f"lane {lane}"]
