"""Messages to the browser, which `static/page/session.js` reads."""

import json
from typing import Any


def message(outcome: str, **fields: Any) -> str:
    """One message to the browser, as JSON that holds no tag even where a file name does.

    Args:
        outcome: `"busy"`, `"result"`, `"part"` or `"error"`.
        fields: What it says.
    """
    return json.dumps({"kind": outcome, **fields}).replace("<", "\\u003c")
