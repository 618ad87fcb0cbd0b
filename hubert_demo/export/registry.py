"""The one list of everything on the page that can be downloaded."""

from hubert_demo.export import attention, changes, keywords, layers, timeline, transcript
from hubert_demo.export.exhibits import Exhibit

EXHIBITS: dict[str, Exhibit] = {
    exhibit.name: exhibit
    for module in (timeline, transcript, keywords, layers, attention, changes)
    for exhibit in module.EXHIBITS
}
"""By name, in the order in which the page lists them."""
