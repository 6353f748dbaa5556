"""A call-out may call several people to one post and ask for some of them."""

import pytest

from incidents.params import BadParams, check_params


def test_a_crew_fits_the_posts_called():
    check_params("call_out", {"posts": ["site"], "crews": [{"post": "site", "call": 4, "need": 2}]})
    check_params("call_out", {"crews": [{"post": "warehousing", "call": 1, "need": 1}]})


@pytest.mark.parametrize(
    "params",
    [
        {"posts": ["captain"]},
        {"crews": {"site": 2}},
        {"crews": [{"post": "site"}]},
        {"crews": [{"post": "site", "call": 2, "need": 3}]},
        {"crews": [{"post": "site", "call": 21, "need": 3}]},
        {"crews": [{"post": "site", "call": True, "need": 1}]},
        {"crews": [{"post": "site", "call": 2, "need": 1, "pay": 3}]},
        {"crews": [{"post": "site", "call": 2, "need": 1}] * 2},
        {"posts": ["operations"], "crews": [{"post": "site", "call": 2, "need": 1}]},
    ],
)
def test_other_crews_are_refused(params):
    with pytest.raises(BadParams):
        check_params("call_out", params)
