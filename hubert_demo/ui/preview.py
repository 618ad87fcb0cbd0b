"""What those show who preview a link to the page: chats, search engines, social networks."""

from html import escape

TITLE = "HuBERT Explorer"
DESCRIPTION = (
    "See what a speech model hears: record or upload speech, and look at the transcript, the keywords, every "
    "layer and every attention head of HuBERT."
)
IMAGE = "page/preview.png"
# Width and height in pixels, the shape that most of them cut to.
IMAGE_SIZE = (1200, 630)


def preview(root: str, image: str) -> str:
    """HTML for the page's head: title, description and picture.

    Args:
        root: The page's own address, with a slash at its end.
        image: Where the picture is served, relative to it.

    Source:
        The Open Graph protocol, https://ogp.me.
    """
    width, height = IMAGE_SIZE
    properties = {
        "type": "website",
        "site_name": TITLE,
        "title": TITLE,
        "description": DESCRIPTION,
        "url": root,
        "image": f"{root}{image}",
        "image:width": str(width),
        "image:height": str(height),
        "image:alt": "The page: waveform and words on a timeline, and beneath it a map of a layer",
    }
    return "\n".join(
        (
            f"<title>{TITLE}</title>",
            f'<meta name="description" content="{escape(DESCRIPTION)}">',
            *(f'<meta property="og:{name}" content="{escape(value)}">' for name, value in properties.items()),
            '<meta name="twitter:card" content="summary_large_image">',
        )
    )
