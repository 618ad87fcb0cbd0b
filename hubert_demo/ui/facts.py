"""What both halves of the page say alike: `Facts` in `static/core/types.d.ts`."""

from hubert_demo.analysis.transcript.alignment import MAX_REFERENCE
from hubert_demo.analysis.transcript.beam import MAX_HOTWORDS_TEXT
from hubert_demo.audio import MAX_DURATION_S
from hubert_demo.ui.front_door import HTTP_TOO_LARGE, MAX_UPLOAD_MB, TOO_LARGE_UPLOAD
from hubert_demo.ui.janitor import HTTP_NO_ROOM
from hubert_demo.ui.views.base import NO_ROOM

FACTS = {
    "max_upload_mb": MAX_UPLOAD_MB,
    "max_duration_s": MAX_DURATION_S,
    # What an upload was refused for, by the status that says so: Gradio shows neither.
    "refusals": {HTTP_NO_ROOM: NO_ROOM, HTTP_TOO_LARGE: TOO_LARGE_UPLOAD},
    "max_reference": MAX_REFERENCE,
    "max_hotwords": MAX_HOTWORDS_TEXT,
}
