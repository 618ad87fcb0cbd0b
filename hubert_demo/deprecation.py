"""Old names that still work for a while, with a warning."""

import warnings


def warn_renamed(old: str, new: str, stacklevel: int = 2) -> None:
    """Warn that an old name was used.

    Args:
        old: The name that was used.
        new: The name to use instead.
        stacklevel: Calls between this one and the user's code; 2 where the user called the caller.
    """
    warnings.warn(f"{old} is now {new}; the old name will go.", DeprecationWarning, stacklevel + 1)
