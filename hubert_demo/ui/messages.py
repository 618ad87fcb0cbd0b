"""Messages to the browser, which `static/page/session.js` reads."""

import itertools
import json
from typing import Any

NUMBERS = itertools.count(1)
"""For messages that may be alike: Gradio sends the browser no value equal to the last one."""


def message(outcome: str, **fields: Any) -> str:
    """One message to the browser, as JSON that holds no tag even where a file name does.

    Args:
        outcome: `"busy"`, `"result"`, `"part"` or `"error"`.
        fields: What it says.
    """
    return json.dumps({"kind": outcome, **fields}).replace("<", "\\u003c")
