"""In a real browser: downloads."""

import csv
import io
import zipfile

import numpy as np
import pytest
import soundfile


def download(visitor, name):
    with visitor.tab.expect_download() as waiting:
        visitor.id(name).click()
    return waiting.value


def analysis_of(visitor, page):
    return page.results.get(visitor.token).analysis


def test_a_figure_of_the_open_view_comes_as_png_and_svg(visit):
    visitor = visit()
    png = download(visitor, "take-emissions-png")
    assert png.suggested_filename == "emissions.png"
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
    visitor.tab.evaluate("inside.choose({ reference: 'the harbour' })")
    buttons = visitor.tab.locator("[data-testid^=take-]").evaluate_all(
        "all => all.filter((one) => one.offsetParent && !one.disabled).map((one) => one.dataset.testid)"
    )
    # What is disabled waits for a sweep, or for a layer to be heard: others run one, and hear one.
    names = [name for name in buttons if name.rsplit("-", 1)[-1] in (*STARTS, "csv")]
    assert len(names) >= 4
    for name in names:
        content = download(visitor, name).path().read_bytes()
        file_format = name.rsplit("-", 1)[-1]
        if file_format == "csv":
            assert len(content.decode().splitlines()) > 1
        else:
            assert content.startswith(STARTS[file_format])


@pytest.mark.parametrize("title", ["Transcript", "Layers", "Attention"])
def test_each_download_has_one_row_and_every_button_a_name_of_its_own(visit, title):
    visitor = visit()
    visitor.open(title)
    titles = visitor.id("take-list").locator("span").all_inner_texts()
    assert len(titles) >= 3
    assert len(titles) == len(set(titles))
    names = (
        visitor.id("take-list").get_by_role("button").evaluate_all("all => all.map((one) => one.ariaLabel)")
    )
    assert len(names) == len(set(names))


def test_the_sound_that_is_downloaded_is_of_the_layer_that_was_heard(visit, page):
    visitor = visit()
    visitor.open("Transcript")
    sound = visitor.id("take-layer_sound-wav")
    assert sound.is_disabled()
    assert "No layer has been heard yet" in sound.get_attribute("title")
    # Layer 0 is a layer, too.
    for layer in (0, 5):
        visitor.id("sound-layer").fill(str(layer))
        visitor.id("hear-layer").click()
        visitor.tab.wait_for_function("layer => inside.clock.layer === layer", arg=layer)
        content = download(visitor, "take-layer_sound-wav").path().read_bytes()
        samples, _ = soundfile.read(io.BytesIO(content), dtype="float32")
        expected = analysis_of(visitor, page).resynthesise(layer).samples
        np.testing.assert_allclose(samples, expected, atol=1 / 32767)


def test_an_aligned_text_can_be_had_as_soon_as_there_is_one(visit):
    visitor = visit()
    aligned = visitor.id("take-alignment-csv")
    assert aligned.is_disabled()
    assert "Nothing is aligned yet" in aligned.get_attribute("title")
    visitor.id("reference").fill("the old harbour")
    visitor.id("align").click()
    visitor.tab.wait_for_function(
        "() => !document.querySelector('[data-testid=take-alignment-csv]').disabled"
    )
    assert not aligned.get_attribute("title")
    assert "harbour" in download(visitor, "take-alignment-csv").path().read_text()
    visitor.tab.evaluate("inside.choose({ reference: '' })")
    assert aligned.is_disabled()


def test_everything_comes_in_one_zip(visit, page):
    visitor = visit()
    zipped = download(visitor, "take-zip")
    assert zipped.suggested_filename == f"hubert-explorer-{page.examples[0].path.stem}.zip"
    with zipfile.ZipFile(zipped.path()) as archive:
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
