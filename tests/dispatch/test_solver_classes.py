"""Grouping equal rows, against numpy's own way of doing it."""

import numpy as np
import pytest

from dispatch.solver.classes import DENSE, group


@pytest.mark.parametrize("rows", [0, 1, 500])
def test_it_groups_rows_that_are_equal_in_every_column(rows):
    random = np.random.default_rng(7)
    columns = [
        random.integers(-1, 3, rows),
        random.integers(0, 5, rows) * (DENSE // 3),
        random.integers(0, 3, rows) * (DENSE * 1000),
        random.integers(0, 4, rows) / 3,
        random.integers(0, 2, rows).astype(np.bool_),
    ]
    of, first = group(columns)
    _values, where, back = np.unique(np.stack(columns, 1), axis=0, return_index=True, return_inverse=True)
    assert of.tolist() == back.reshape(-1).tolist()
    assert first.tolist() == where.tolist()
