"""The tables of the way to Claude."""

from chatapp.claude.models.catalogue import Model
from chatapp.claude.models.ways import Provider, Stop

__all__ = ["Model", "Provider", "Stop"]
