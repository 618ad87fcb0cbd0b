"""In a real browser: the page's modules, wherever the page is served, however late they come."""

import socket
from collections import Counter
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from hubert_demo.analysis.attention.heads import KINDS
from hubert_demo.analysis.layers.colouring import COLOURINGS
from hubert_demo.ui.results import Results
from hubert_demo.ui.views import VIEWS
from hubert_demo.ui.views.base import Part, View
from tests.drivers.reverse_proxy import app_for, served

PREFIX = "/rooms/hear"
LONG_MS = 60_000


def requested(call):
    """What a server function is asked."""
    return call["data"][0] if isinstance(call["data"], list) else call["data"]


def modules_of(tab):
    """The addresses of the scripts and styles that were fetched from the page's own route."""
    entries = tab.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    return [urlsplit(name).path for name in entries if "/hx/" in name]


def needed(page):
    """What a browser fetches of the route's files: the preview image is for others."""
    return [path for path in page.static_files.files if not path.endswith(".png")]


def wait_for_all_scripts(tab, page):
    """Those of the tabs that are not open come later."""
    tab.wait_for_function(
        """count => performance.getEntriesByType("resource")
             .filter(({ name }) => name.includes("/hx/")).length === count""",
        arg=len(needed(page)),
    )


def test_all_scripts_and_styles_come_from_one_address(visit, page):
    visitor = visit()
    wait_for_all_scripts(visitor.tab, page)
    fetched = modules_of(visitor.tab)
    assert set(fetched) == {f"/{page.static_files.address}/{path}" for path in needed(page)}
    assert len(fetched) == len(set(fetched))


def test_a_second_visit_fetches_no_script_again(visit, page):
    wait_for_all_scripts(visit().tab, page)
    sizes = visit().tab.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/hx/'))"
        ".map(({ transferSize }) => transferSize)"
    )
    assert sizes
    assert set(sizes) == {0}


def test_on_the_window_there_is_the_queue_alone(visit):
    visitor = visit()
    frame = visitor.tab.evaluate_handle(
        "() => document.body.appendChild(document.createElement('iframe')).contentWindow"
    )
    ours = visitor.tab.evaluate(
        """(plain) => Object.getOwnPropertyNames(window).filter((name) => !(name in plain))""", frame
    )
    # What Gradio, the browser's driver and these tests put there.
    theirs = {name for name in ours if name.lower().startswith(("gradio", "_", "svelte")) or name.isdigit()}
    assert set(ours) - theirs == {"hx", "iFrameResizer", "inside"}


def test_what_the_server_sent_is_frozen_in_these_tests(visit):
    visitor = visit()
    assert visitor.tab.evaluate("Object.isFrozen(inside.store.result.timeline.words[0])")
    assert visitor.tab.evaluate("Object.isFrozen(inside.store.result.model.rows)")


def opened(tab, frame):
    """Every view of a page in a frame, opened; gives what each shows."""
    frame.locator("body[data-hx-ready]").wait_for(timeout=LONG_MS)
    for title, mark in (
        ("Keywords", "keyword-best"),
        ("Layers", "layer-map"),
        ("Attention", "attention-map"),
        ("Transcript", "transcript"),
    ):
        frame.get_by_role("tab", name=title).click()
        frame.get_by_test_id(mark).wait_for(timeout=LONG_MS)
    return frame.get_by_test_id("transcript").inner_text()


@pytest.fixture(scope="module")
def behind_a_prefix(build_page, serve_page):
    page = build_page(results=Results())
    serve_page(page, root_path=PREFIX)
    with served(app_for(page.demo.local_url, PREFIX)) as url:
        yield url
    page.close()


@pytest.fixture
def tab(browser):
    """A tab without anything of the tests in it, and what went wrong there."""
    tab = browser.new_page()
    tab.problems = []

    def hear(message):
        # Gradio looks for its manifest and fonts at the root, wherever it is served.
        where = f"{message.text} {message.location['url']}"
        is_gradio_s = "/manifest.json" in where or "/static/fonts/" in where or "/favicon" in where
        if message.type == "error" and not is_gradio_s:
            tab.problems.append(message.text)

    tab.on("console", hear)
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    yield tab
    tab.close()
    assert tab.problems == []


def test_behind_a_path_prefix_every_view_opens(tab, behind_a_prefix):
    tab.goto(f"{behind_a_prefix}{PREFIX}/")
    assert opened(tab, tab)
    assert modules_of(tab)
    assert all(path.startswith(f"{PREFIX}/hx/") for path in modules_of(tab))


def test_in_a_sandboxed_frame_every_view_opens(tab, behind_a_prefix):
    tab.goto(f"{behind_a_prefix}/framed")
    assert opened(tab, tab.frame_locator("iframe"))


@pytest.mark.parametrize("late", ["core/store.js", "page/main.js", "page/timeline.js"])
def test_components_that_mount_before_their_module_wait_for_it(browser, page, late):
    tab = browser.new_page()
    held = []
    tab.route(f"**/{late}", lambda route: held.append(route))
    # The page is loaded only when its modules are.
    tab.goto(page.demo.local_url, wait_until="commit")
    tab.wait_for_selector("#hx-timeline .hx-root", state="attached")
    tab.wait_for_timeout(300)
    assert tab.locator("#hx-timeline [data-testid=play]").count() == 0
    for route in held:
        route.continue_()
    tab.wait_for_selector("body[data-hx-ready]", timeout=LONG_MS)
    # A view may be ready before the timeline, whose module came late.
    tab.wait_for_selector("#hx-timeline [data-testid=play]", timeout=LONG_MS)
    assert tab.locator("#hx-timeline [data-testid=play]").count() == 1
    assert tab.get_by_test_id("word").count() > 3
    tab.close()


def test_a_server_out_of_reach_is_said_where_it_was_asked(visit):
    visitor = visit()
    visitor.lose_the_server()
    visitor.id("reference").fill("the old harbour")
    visitor.id("align").click()
    visitor.tab.get_by_text("The server cannot be reached").wait_for()
    visitor.leave_answers()
    visitor.id("align").click()
    visitor.id("aligned-word").first.wait_for()
    assert not visitor.tab.get_by_text("The server cannot be reached").is_visible()
    # What the browser itself says of a call that failed.
    assert visitor.problems
    assert all("ERR_FAILED" in problem or "component_server" in problem for problem in visitor.problems)
    visitor.problems.clear()


def test_a_part_that_cannot_be_had_is_said_and_the_other_views_go_on(visit):
    visitor = visit()
    visitor.change_answer("part", lambda _: {"ok": False, "error": "Out of order."}, name="keywords")
    visitor.open("Keywords")
    visitor.tab.get_by_text("Out of order.").wait_for()
    visitor.open("Layers")
    visitor.tab.wait_for_selector("[data-method]")
    visitor.leave_answers()
    # Opened again, it is asked for again.
    visitor.open("Keywords")
    visitor.id("keyword-best").wait_for()
    assert not visitor.tab.get_by_text("Out of order.").is_visible()


def test_a_view_fetches_its_parts_when_it_is_first_on_show(visit, write_wav):
    visitor = visit()
    asked = []
    visitor.tab.on("request", lambda request: asked.append(request))

    def parts():
        calls = [request.post_data_json for request in asked if "/component_server" in request.url]
        return [requested(call)["name"] for call in calls if call["fn_name"] == "part"]

    before = visitor.token
    visitor.upload(write_wav("parts.wav", seed=91))
    visitor.wait_for_other_result(before)
    # What takes long is asked for again meanwhile.
    assert sorted(set(parts())) == ["reading", "timeline", "transcript"]
    visitor.open("Layers")
    visitor.tab.wait_for_selector("[data-method]")
    of_layers = [name for name in parts() if name.startswith("layer")]
    assert of_layers[:3] == ["layers", "layer_measures", "layer_pca"]
    visitor.open("Transcript")
    visitor.open("Layers")
    counts = Counter(parts())
    assert all(counts[name] == 1 for name in ("timeline", "transcript", *of_layers[:3]))


def test_a_result_that_is_shown_again_is_drawn_again(visit):
    visitor = visit()
    visitor.tab.evaluate("window.shown = 0; inside.on('result', () => { window.shown += 1; }); 0")
    for count in (1, 2):
        visitor.id("example-0").click()
        visitor.tab.wait_for_function("count => window.shown === count", arg=count)
        visitor.tab.wait_for_selector(".hx-view-transcript:not(.is-stale)")
        visitor.tab.wait_for_selector("body[data-hx-ready]")
    visitor.id("word").nth(1).click()
    visitor.tab.wait_for_selector("[data-testid=word].is-now")


def test_a_script_that_cannot_be_had_is_missed_where_its_tab_is_opened(browser, page):
    tab = browser.new_page()
    tab.route("**/layers/layers.js", lambda route: route.abort())
    tab.goto(page.demo.local_url)
    tab.wait_for_selector("body[data-hx-ready]", timeout=LONG_MS)
    tab.get_by_role("tab", name="Layers").click()
    tab.get_by_text("could not be loaded").wait_for()
    tab.close()


# --- adding a view ---

PULSE = """
import { clock } from "../core/clock.js";
import { make } from "../core/dom.js";

export const mount = (root) => {
  const line = make("p", { class: "hx-pulse", "data-testid": "pulse" });
  root.append(line);
  return {
    tab: true,
    parts: {
      pulse: ({ beats }) => (line.textContent = `VERSION: ${beats} beats in ${clock.duration.toFixed(1)} s`),
    },
  };
};
"""


def pulse_view(folder, version):
    (folder / "pulse").mkdir(exist_ok=True)
    (folder / "pulse" / "pulse.js").write_text(PULSE.replace("VERSION", version))
    (folder / "pulse" / "pulse.css").write_text(".gradio-container .hx-pulse { color: rgb(1, 2, 3); }")
    part = Part("pulse", lambda analysis: {"beats": len(analysis.transcript.words)})
    return View("pulse", "Pulse", "How fast it goes.", "Count along.", (part,), static_dir=folder)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_view_of_another_folder_is_one_more_tab_and_an_upgrade_is_seen_at_once(
    tab, build_page, serve_page, tmp_path
):
    port = free_port()
    for version in ("first", "second"):
        # The server is stopped, and begins anew with changed files, on the same address.
        page = build_page(views=(*VIEWS[:1], pulse_view(tmp_path, version)))
        serve_page(page, server_port=port)
        tab.goto(f"http://127.0.0.1:{port}")
        tab.wait_for_selector("body[data-hx-ready]", timeout=LONG_MS)
        tab.get_by_role("tab", name="Pulse").click()
        shown = tab.get_by_test_id("pulse")
        shown.get_by_text(f"{version}: ").wait_for(timeout=LONG_MS)
        assert shown.inner_text().endswith("beats in 4.2 s")
        assert shown.evaluate("node => getComputedStyle(node).color") == "rgb(1, 2, 3)"
        tab.goto("about:blank")
        page.close()


def test_a_part_of_a_view_may_take_its_time_or_fail(build_page, serve_page, tab, tmp_path):
    def fail(_):
        raise ValueError("a bug")

    view = pulse_view(tmp_path, "only")
    page = build_page(views=(*VIEWS[:1], replace(view, parts=(Part("pulse", fail, "slow"),))))
    serve_page(page)
    tab.goto(page.demo.local_url)
    tab.wait_for_selector("body[data-hx-ready]", timeout=LONG_MS)
    tab.get_by_role("tab", name="Pulse").click()
    tab.get_by_text("Something went wrong on our side").wait_for()
    tab.get_by_role("tab", name="Transcript").click()
    assert tab.get_by_test_id("word").count() > 3
    tab.goto("about:blank")
    page.close()


def test_both_halves_use_the_same_words(visit):
    visitor = visit()
    ways = visitor.tab.evaluate("inside.load('layers/colours.js').then(({ ways }) => ways)")
    kinds = visitor.tab.evaluate("inside.load('attention/sorting.js').then(({ KINDS }) => KINDS)")
    assert tuple(ways) == COLOURINGS
    assert tuple(kinds) == KINDS
