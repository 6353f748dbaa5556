"""The network as people edit it: kinds of things, their fields as texts, and what is lawful. No writes here.

A field is read from a text the same way whether it stands in a form, in a cell of a sheet or in a REST call.
"""

from dispatch.parts.checks import Fault, check, users_of
from dispatch.parts.fields import Field
from dispatch.parts.kinds import KINDS, Child, Kind
from dispatch.parts.world import Record, World

__all__ = ["KINDS", "Child", "Fault", "Field", "Kind", "Record", "World", "check", "users_of"]
