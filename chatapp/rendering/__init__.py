"""Words into HTML: sealed blocks that are sent once, an open one at the end, and patches that carry the difference."""

from chatapp.rendering.document import Document, render
from chatapp.rendering.patches import Change, Kind, Patch

__all__ = ["Change", "Document", "Kind", "Patch", "render"]
