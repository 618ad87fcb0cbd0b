"""How a share is written, so that it looks the same on the page, in figures and in the shell."""

import math


def percent(share: float) -> str:
    """A share as whole percent, below one percent with one decimal, such as `"84%"` or `"0.4%"`.

    Args:
        share: 0 to 1.
    """
    tenths = math.floor(1000 * share + 0.5)
    return f"{tenths / 10:g}%" if tenths < 10 else f"{math.floor(100 * share + 0.5)}%"
