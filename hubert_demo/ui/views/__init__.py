"""The tabs of the page, in their order. A new view is one file here, one in `static/` and one line below."""

from hubert_demo.ui.views import attention, keywords, layers, transcript
from hubert_demo.ui.views.base import View

VIEWS: tuple[View, ...] = (transcript.VIEW, keywords.VIEW, layers.VIEW, attention.VIEW)
