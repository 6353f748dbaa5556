from hypothesis import given
from hypothesis import strategies as st

from accounts.coverage import gaps

TURNS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda turn: (turn[0], turn[0] + turn[1])))


@given(TURNS)
def test_gaps_and_turns_cover_everything_without_touching(turns):
    found = gaps(turns, 5, 25)
    for hour in range(5, 25):
        covered = any(start <= hour < end for start, end in turns)
        missing = any(start <= hour < end for start, end in found)
        assert covered != missing
