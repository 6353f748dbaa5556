"""Writes of drills."""

from drills.operations.looking import look_around
from drills.operations.making import make_move
from drills.operations.running import abort_drill, start_drill

__all__ = ["abort_drill", "look_around", "make_move", "start_drill"]
