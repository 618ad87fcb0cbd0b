"""What is shown of the page where somebody previews a link to it."""

import io
import re

import httpx
from PIL import Image

from hubert_demo.ui.preview import DESCRIPTION, IMAGE_SIZE, TITLE, preview


def test_the_served_page_has_one_title_description_and_picture_all_its_own(page):
    url = page.demo.local_url
    html = httpx.get(url, timeout=60).text
    named = re.findall(r'<meta (?:property|name)="((?:og|twitter):[a-z:_]+)"\s+content="([^"]*)"', html)
    properties = dict(named)
    assert len(properties) == len(named)
    assert re.findall(r"<title>(.*?)</title>", html) == [TITLE]
    assert properties["og:title"] == TITLE
    assert properties["og:description"] == DESCRIPTION
    assert "Gradio" not in "".join(properties.values())
    assert properties["og:url"] == url
    picture = httpx.get(properties["og:image"], timeout=60)
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.size == IMAGE_SIZE


def test_an_address_cannot_break_out_of_its_place():
    html = preview('http://a/"><script>', "picture.png")
    assert "<script>" not in html
    assert "http://a/&quot;&gt;&lt;script&gt;picture.png" in html
