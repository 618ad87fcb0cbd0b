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


def numbered(sent: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the browser sent, which may be anything, and what the answer says of it in turn.

    That is the request's number, `asked`, if it has one: by then the browser may want something else.
    """
    request = sent if isinstance(sent, dict) else {}
    number = request.get("asked")
    return request, {"asked": number} if type(number) is int else {}
