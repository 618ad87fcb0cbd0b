"""Old names that still work, and say what they are called now."""

import warnings


def warn_renamed(old: str, new: str, stacklevel: int = 2) -> None:
    """Warn that a function, method or attribute has a new name; what keeps the old name calls this.

    Args:
        old: The name that was used, as a user writes it (`"KeywordHead.load"`).
        new: The name to use instead.
        stacklevel: Whose line the warning shows, as in `warnings.warn`: 1 for the function that calls
            `warn_renamed`, 2 for the code that used the old name.
    """
    message = f"{old} is now called {new}; the old name will be removed."
    warnings.warn(message, DeprecationWarning, stacklevel=stacklevel + 1)
