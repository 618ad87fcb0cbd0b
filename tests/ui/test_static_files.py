"""The page's scripts and styles: under an address of their own, for good, and nothing from elsewhere."""

import gzip
import json
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hubert_demo.plotting import palette
from hubert_demo.ui.static_files import KeptFiles, PageHead, StaticFiles
from hubert_demo.ui.views import VIEWS


@pytest.fixture(scope="module")
def files():
    return StaticFiles.from_folders(view.folder for view in VIEWS)


@pytest.fixture
def client(files):
    return TestClient(Starlette(routes=[files.route()]))


def test_every_file_is_served_under_the_address_for_good(files, client):
    assert {"core/store.js", "page/main.js", "layers/layers.js", "styles.css"} <= set(files.files)
    for path, content in files.files.items():
        answer = client.get(f"/{files.address}/{path}")
        assert answer.content == content
        kind = {
            "js": "text/javascript; charset=utf-8",
            "css": "text/css; charset=utf-8",
            "png": "image/png",
        }[path.rsplit(".")[-1]]
        assert answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        # A sandboxed frame has an origin of its own.
        assert answer.headers["access-control-allow-origin"] == "*"


def test_what_travels_is_packed_where_the_browser_unpacks(files, client):
    address = f"/{files.address}/core/store.js"
    packed = client.get(address, headers={"accept-encoding": "gzip"})
    plain = client.get(address, headers={"accept-encoding": "identity"})
    assert packed.content == plain.content == files.files["core/store.js"]
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content))
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    ["core/nothing.js", "core/types.d.ts", "package.json", "../static_files.py", "..%2fapp.py", ""],
)
def test_nothing_else_is_served(files, client, path):
    assert client.get(f"/{files.address}/{path}").status_code == 404


def test_a_file_of_another_version_is_not_there(client):
    assert client.get("/hx/0123456789abcdef/core/store.js").status_code == 404


@pytest.mark.parametrize("change", ["content", "name", "order"])
def test_another_version_has_another_address(files, change):
    first, *rest = files.files.items()
    path, content = first
    changed = {
        "content": [(path, content + b" "), *rest],
        "name": [("other.css", content), *rest],
        "order": [*rest, first],
    }
    assert StaticFiles(dict(changed[change]), files.views).address != files.address
    assert StaticFiles(dict(files.files), files.views).address == files.address


def test_the_head_names_what_is_seen_first_and_says_what_both_halves_say_alike(files):
    head = files.head({"max_upload_mb": 3, "tag": "</script>"})
    for path in files.files:
        folder = path.split("/")[0]
        later = folder in ("keywords", "layers", "attention", "lessons", "lens") or path.endswith(".png")
        assert (f'"./{files.address}/{path}"' in head) is not later
    said = re.search(r'<script type="application/json" id="hx-facts">(.*)</script>', head)[1]
    tabs = [f"{view.name}/{view.name}.js" for view in VIEWS]
    assert json.loads(said) == {"max_upload_mb": 3, "tag": "</script>", "tabs": tabs}
    # On the window there is the queue, and nothing else.
    assert re.findall(r"window\.\w+", head) == ["window.hx"]


HTML = "<html><head><meta charset='é'></head><body>%s</body></html>"


OURS = "<b>ü</b><i>http://testserver/</i>"


def answered(app, method="GET"):
    """What comes back through the middleware."""
    head = Middleware(PageHead, html="<b>ü</b>", preview=lambda root: f"<i>{root}</i>")
    app = Starlette(routes=[Route("/", app)], middleware=[head])
    return TestClient(app).request(method, "/")


@pytest.mark.parametrize("answer_by", ["at once", "in pieces"])
def test_the_head_is_in_the_page_that_is_served(answer_by):
    whole = (HTML % ("x" * 1000)).encode()

    async def page(_):
        if answer_by == "at once":
            return HTMLResponse(whole)
        return StreamingResponse(iter([whole[:20], whole[20:]]), media_type="text/html")

    answer = answered(page)
    assert answer.text == (HTML % ("x" * 1000)).replace("</head>", f"{OURS}</head>")
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_what_gradio_says_of_itself_is_left_out():
    async def page(_):
        title = '<meta property="og:title" content="Gradio" />'
        of_gradio = f'{title}\n<meta\n name="twitter:image"\n content="banner" />'
        return HTMLResponse(f'<head><meta name="viewport">{of_gradio}<title>Gradio</title></head>')

    assert answered(page).text == f'<head><meta name="viewport">\n{OURS}</head>'


@pytest.mark.parametrize("other", ["json", "stream", "HEAD"])
def test_whatever_is_no_page_passes_as_it_is(other):
    async def page(_):
        if other == "json":
            return JSONResponse({"a": "</head>"})
        if other == "stream":
            return StreamingResponse(
                iter([b"data: </head>\n\n", b"data: 2\n\n"]), media_type="text/event-stream"
            )
        return HTMLResponse(HTML % "")

    answer = answered(page, "HEAD" if other == "HEAD" else "GET")
    assert (
        answer.content
        == {
            "json": b'{"a":"</head>"}',
            "stream": b"data: </head>\n\ndata: 2\n\n",
            "HEAD": b"",
        }[other]
    )


def test_figures_and_page_have_the_same_colours(files):
    styles = files.files["styles.css"].decode()
    assert f"--hx-ramp-ink: {' '.join(palette.INK_STOPS)};" in styles
    assert f"--hx-class-6: {palette.CLASSES[5]};" in styles
    light = styles.split("body.dark")[0]
    for name in ("ink", "now", "line", "ramp-ink", "ramp-time", "class-1"):
        assert light.count(f"--hx-{name}:") == 1


def test_nothing_is_fetched_from_elsewhere(files):
    texts = (content for path, content in files.files.items() if not path.endswith(".png"))
    everything = b"".join(texts).decode()
    addresses = {word for word in everything.split('"') if word.startswith(("http:", "https:", "//"))}
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "@import " not in re.sub(r"/\*\*? @import.*?\*/", "", everything)


# --- files that never change ---


@pytest.fixture
def asked():
    """What got past the memory."""
    return []


@pytest.fixture
def shelf(asked):
    """Files of 1000 bytes, of which two are kept."""

    def file(request):
        asked.append(request.url.path)
        found = "missing" not in request.url.path
        headers = {"ETag": "it"}
        return PlainTextResponse("sound" * 200 if found else "none", 200 if found else 404, headers)

    kept = Middleware(
        KeptFiles, is_constant=lambda scope: scope["path"].startswith("/assets/"), max_bytes=4000
    )
    return TestClient(Starlette(routes=[Route("/{path:path}", file)], middleware=[kept]))


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_that_never_changes_is_asked_for_once(shelf, asked, encoding):
    answers = [shelf.get("/assets/a.js", headers={"Accept-Encoding": encoding}) for _ in range(3)]
    assert [answer.text for answer in answers] == ["sound" * 200] * 3
    assert {answer.headers["etag"] for answer in answers} == {"it"}
    assert answers[2].headers.get("content-encoding") == ("gzip" if encoding == "gzip" else None)
    assert asked == ["/assets/a.js"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/assets/missing.js", {}),
        ("/page", {}),
        ("/assets/a.js", {"Range": "bytes=0-1"}),
        ("/assets/a.js", {"Origin": "http://elsewhere"}),
        ("/assets/a.js", {"If-None-Match": "it"}),
    ],
)
def test_whatever_is_missing_or_depends_on_who_asks_is_asked_for_each_time(shelf, asked, path, headers):
    for _ in range(2):
        shelf.get(path, headers=headers)
    assert asked == [path, path]


def test_no_more_is_kept_than_there_is_room_for(shelf, asked):
    names = ["/assets/a.js", "/assets/b.js", "/assets/c.js"]
    for name in names * 2:
        assert shelf.get(name).text == "sound" * 200
    assert len(asked) > len(names)
    assert asked.count("/assets/a.js") == 1
