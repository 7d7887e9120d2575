"""A figure of matplotlib that belongs to no window and shows itself in notebooks."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class Picture(Figure):
    """A figure that pyplot knows nothing of, so it is shown once, never kept alive, and needs no display."""

    def _repr_png_(self) -> bytes:
        """Return the picture as notebooks show it, without `%matplotlib inline` too."""
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=100)
        return content.getvalue()
