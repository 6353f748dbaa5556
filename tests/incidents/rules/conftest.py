import copy

import pytest

from incidents import operations, queries


@pytest.fixture
def content():
    """content("matrix") → the area's rows, to be changed freely."""
    return lambda area: copy.deepcopy(queries.content_of_rules(area))


@pytest.fixture
def write(commander):
    """write("matrix", rows) → the new version."""

    def change(area, rows, note="演练后调整", **more):
        return operations.write_rules(area=area, content=rows, note=note, by=commander, **more)

    return change
