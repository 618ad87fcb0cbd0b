"""In a real browser: taking things away, and the tour."""

import csv
import io
import zipfile

import pytest

pytestmark = [
    pytest.mark.browser,
    # Gradio's own statistics call pandas in a way that pandas 3 dislikes.
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]


def download(visitor, name):
    with visitor.tab.expect_download() as waiting:
        visitor.id(name).click()
    return waiting.value


def analysis_of(visitor, page):
    return page.results.get(visitor.token).analysis


def test_a_figure_of_the_open_view_comes_as_png_and_svg(visit):
    visitor = visit()
    png = download(visitor, "take-emissions_map-png")
    assert png.suggested_filename == "emissions_map.png"
    assert png.path().read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in download(visitor, "take-timeline-svg").path().read_bytes()[:500]


def test_numbers_are_those_of_the_layer_on_show(visit, page):
    visitor = visit()
    visitor.open("Layers")
    visitor.tab.wait_for_selector("[data-method=umap]")
    visitor.id("layer-slider").press("Home")
    content = download(visitor, "take-layer_map-csv").path().read_text()
    rows = list(csv.DictReader(io.StringIO(content)))
    points = analysis_of(visitor, page).projection(0)
    assert [float(rows[0]["x"]), float(rows[-1]["y"])] == pytest.approx(
        [points[0, 0], points[-1, 1]], rel=1e-5
    )


STARTS = {"png": b"\x89PNG", "svg": b"<?xml", "npz": b"PK"}


@pytest.mark.parametrize("title", ["Transcript", "Keywords", "Layers", "Attention"])
def test_each_export_of_a_view_downloads_and_holds_something(visit, title):
    visitor = visit()
    visitor.tab.wait_for_selector("body[data-hx-complete]")
    visitor.open(title)
    visitor.tab.evaluate("hx.choose({ reference: 'the harbour' })")
    buttons = visitor.tab.locator("[data-testid^=take-]").evaluate_all(
        "all => all.filter((one) => one.offsetParent).map((one) => one.dataset.testid)"
    )
    names = [name for name in buttons if name.rsplit("-", 1)[-1] in (*STARTS, "csv")]
    assert len(names) >= 4
    for name in names:
        content = download(visitor, name).path().read_bytes()
        kind = name.rsplit("-", 1)[-1]
        if kind == "csv":
            assert len(content.decode().splitlines()) > 1
        else:
            assert content.startswith(STARTS[kind])


def test_everything_comes_in_one_zip(visit):
    visitor = visit()
    with zipfile.ZipFile(download(visitor, "take-zip").path()) as archive:
        names = set(archive.namelist())
    assert {"settings.json", "reproduce.py", "recording.wav", "transcript.TextGrid"} <= names
    assert any(name.startswith("figures/") for name in names)
    assert any(name.startswith("numbers/") for name in names)


def test_the_python_for_it_is_shown(visit):
    visitor = visit()
    visitor.id("take-script").click()
    visitor.id("script").wait_for()
    text = visitor.id("script").inner_text()
    assert "hubert_demo.analyze(" in text
    compile(text, "reproduce.py", "exec")


def test_the_tour_leads_through_five_steps_and_sets_the_views(visit):
    visitor = visit()
    visitor.id("tour-start").click()
    seen = []
    for number in range(1, 6):
        visitor.tab.get_by_text(f"{number} of 5").wait_for()
        seen.append(visitor.tab.evaluate("[hx.open, { ...hx.choices }]"))
        assert len(visitor.id("tour-text").inner_text()) > 60
        visitor.id("tour-next").click()
    assert not visitor.id("tour-title").is_visible()
    assert [view for view, _ in seen] == ["transcript", "layers", "layers", "attention", "keywords"]
    assert (seen[1][1]["layer"], seen[1][1]["colour"]) == (0, "energy")
    assert seen[2][1]["layer"] > 0
    assert visitor.id("layer-name").inner_text().startswith(str(seen[2][1]["layer"]))


def test_the_tour_ends_at_escape(visit):
    visitor = visit()
    visitor.id("tour-start").click()
    visitor.tab.get_by_text("1 of 5").wait_for()
    visitor.tab.keyboard.press("Escape")
    assert not visitor.id("tour-title").is_visible()
