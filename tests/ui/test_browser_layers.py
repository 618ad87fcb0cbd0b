"""The layers view in a real browser: maps, colourings, settings, all layers, curves."""

import re

import pytest

from hubert_demo.analysis.layers.projection import ProjectionSettings


@pytest.fixture
def layers(visit):
    """Opens the layers view once its UMAP is there."""

    def open_layers(**options):
        visitor = visit(**options)
        visitor.open("Layers")
        visitor.tab.wait_for_selector("[data-method=umap]")
        return visitor

    return open_layers


def pixels(visitor, selector):
    """Everything that is painted on a canvas, as text."""
    return visitor.tab.eval_on_selector(selector, "canvas => canvas.toDataURL()")


def analysis_of(visitor, page):
    return page.results.get(visitor.token).analysis


def test_every_layer_is_a_small_map_and_a_press_chooses_it(layers, page):
    visitor = layers()
    last = analysis_of(visitor, page).encoding.num_layers
    cells = visitor.tab.locator(".hx-layer-cell")
    assert cells.count() == last + 1
    assert visitor.id(f"layer-cell-{last}").get_attribute("aria-pressed") == "true"
    visitor.id("layer-cell-2").click()
    assert visitor.id("layer-name").inner_text() == f"2 of {last}"
    assert visitor.id("layer-slider").input_value() == "2"
    assert visitor.id("layer-cell-2").get_attribute("aria-pressed") == "true"
    assert visitor.id(f"layer-cell-{last}").get_attribute("aria-pressed") == "false"
    assert visitor.tab.evaluate("inside.store.choices.layer") == 2
    found = analysis_of(visitor, page).projections()
    trust, chance = f"{found.trustworthiness[2]:.2f}", round(100 * found.neighbours_kept_by_chance)
    kept = f"{round(100 * found.neighbours_kept[2])}% ({chance}% by chance)"
    expected = f"Layer 2: trustworthiness {trust}, 5 nearest kept: {kept}"
    assert visitor.id("layer-cell-2").get_attribute("title") == expected
    assert visitor.id("trustworthiness").inner_text() == trust
    assert visitor.id("neighbours-kept").inner_text() == kept


def test_arrow_keys_go_through_the_small_maps(layers):
    visitor = layers()
    visitor.id("layer-cell-1").focus()
    visitor.tab.keyboard.press("ArrowRight")
    assert visitor.id("layer-slider").input_value() == "2"
    visitor.tab.keyboard.press("ArrowLeft")
    visitor.tab.keyboard.press("ArrowLeft")
    assert visitor.id("layer-name").inner_text() == "input"


@pytest.mark.parametrize(
    ("colour", "legend"), [("letter", "vowel"), ("energy", "dB"), ("pitch", "Hz"), ("unit", "k-means")]
)
def test_a_colouring_reaches_map_grid_and_strip(layers, colour, legend):
    visitor = layers()
    canvases = ("[data-testid=layer-map]", "[data-testid=layer-cell-1] canvas", "[data-testid=strip] canvas")
    before = [pixels(visitor, canvas) for canvas in canvases]
    visitor.id("colouring").select_option(colour)
    visitor.tab.locator(".hx-view-layers .hx-legend").get_by_text(legend).first.wait_for()
    after = [pixels(visitor, canvas) for canvas in canvases]
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert visitor.tab.evaluate("inside.store.choices.colour") == colour


def test_pointing_at_a_dot_tells_what_it_is_coloured_by(layers, page):
    visitor = layers()
    visitor.id("colouring").select_option("energy")
    visitor.tab.wait_for_timeout(600)
    visitor.id("layer-map").scroll_into_view_if_needed()
    box = visitor.id("layer-map").bounding_box()
    for part in range(2, 40):
        visitor.tab.mouse.move(box["x"] + box["width"] * part / 41, box["y"] + box["height"] / 2)
        if visitor.id("layer-tip").is_visible():
            break
    said = visitor.id("layer-tip").inner_text()
    time_s, decibels = re.match(r"(\d+\.\d\d) s.* (−?\d+) dB$", said).groups()
    analysis = analysis_of(visitor, page)
    frame = abs(analysis.encoding.frame_times_s - float(time_s)).argmin()
    measured = analysis.prosody().energy_db[frame]
    assert float(decibels.replace("−", "-")) == pytest.approx(measured, abs=0.51)


def test_units_are_those_of_the_layer_and_number_that_are_chosen(layers, page):
    visitor = layers()
    visitor.id("colouring").select_option("unit")
    visitor.id("num-units").fill("7")
    visitor.id("num-units").press("Tab")
    legend = visitor.tab.locator(".hx-view-layers .hx-legend")
    legend.get_by_text("7 clusters of similar frames").wait_for()
    assert visitor.tab.locator(".hx-swatches i").count() == 7
    visitor.id("layer-cell-1").click()
    legend.get_by_text("in layer 1").wait_for()
    visitor.tab.locator("[data-testid=told-note]").get_by_text("7 k-means clusters").wait_for()
    scores = analysis_of(visitor, page).unit_scores(7)
    told = visitor.id("chart-told").locator(".hx-chart-key b").all_inner_texts()
    expected = [scores.purity, scores.purity_by_chance, scores.pnmi, scores.pnmi_by_chance]
    assert told == [f"{values[1]:.2f}" for values in expected]


def test_units_are_those_of_the_seed_that_is_chosen(layers, page):
    visitor = layers()
    visitor.id("colouring").select_option("unit")
    legend = visitor.tab.locator(".hx-view-layers .hx-legend")
    legend.get_by_text("clusters of similar frames").wait_for()
    visitor.tab.locator("[data-testid=told-note]").get_by_text("k-means clusters").wait_for()
    visitor.tab.evaluate("inside.choose({ seed: 5, method: 'pca', layer: 4 })")
    analysis = analysis_of(visitor, page)
    scores = analysis.unit_scores(seed=5)
    expected = f"{scores.pnmi[4]:.2f}"
    assert expected != f"{analysis.unit_scores().pnmi[4]:.2f}"
    pnmi = "document.querySelectorAll('[data-testid=chart-told] .hx-chart-key b')[2]"
    visitor.tab.wait_for_function(f"text => {pnmi}.textContent === text", arg=expected)
    before = pixels(visitor, "[data-testid=strip] canvas")
    visitor.tab.evaluate("inside.choose({ seed: 0 })")
    visitor.tab.wait_for_function(
        "before => document.querySelector('[data-testid=strip] canvas').toDataURL() !== before", arg=before
    )


def test_numbers_out_of_range_are_brought_into_it(layers):
    visitor = layers()
    visitor.id("colouring").select_option("unit")
    visitor.id("num-units").fill("5000")
    visitor.id("num-units").press("Tab")
    assert visitor.id("num-units").input_value() == "100"
    visitor.id("map-settings").click()
    visitor.id("seed").fill("-3")
    visitor.id("seed").press("Tab")
    assert visitor.id("seed").input_value() == "0"


def test_other_settings_give_another_map_and_reset_goes_back(layers, page):
    visitor = layers()
    before = pixels(visitor, "[data-testid=layer-cell-1] canvas")
    visitor.id("map-settings").click()
    visitor.id("neighbours").fill("30")
    visitor.id("neighbours").press("Tab")
    visitor.id("metric").select_option("cosine")
    # The old map stays and a line says so.
    assert "Computing" in visitor.id("map-status").inner_text()
    assert visitor.id("layer-map").is_visible()
    visitor.tab.wait_for_function("!document.querySelector('[data-testid=map-status]').textContent")
    assert pixels(visitor, "[data-testid=layer-cell-1] canvas") != before
    settings = ProjectionSettings(num_neighbours=30, metric="cosine")
    trust = analysis_of(visitor, page).projections(settings).trustworthiness[-1]
    assert visitor.id("trustworthiness").inner_text() == f"{trust:.2f}"
    visitor.id("map-reset").click()
    assert pixels(visitor, "[data-testid=layer-cell-1] canvas") == before
    assert visitor.id("neighbours").input_value() == "15"
    assert visitor.id("map-reset").is_disabled()


def test_pca_is_at_hand_and_knows_no_neighbours(layers):
    visitor = layers()
    visitor.id("map-settings").click()
    visitor.id("method-choice").select_option("pca")
    visitor.tab.wait_for_selector("[data-method=pca]")
    assert visitor.id("neighbours").is_disabled()
    assert visitor.id("seed").is_disabled()


def test_choices_made_elsewhere_are_followed(layers):
    visitor = layers()
    visitor.tab.evaluate("inside.choose({ layer: 1, colour: 'pitch', method: 'pca' })")
    visitor.tab.wait_for_selector("[data-method=pca]")
    assert visitor.id("layer-slider").input_value() == "1"
    assert visitor.id("colouring").input_value() == "pitch"


def test_a_text_that_is_aligned_is_what_groups_are_compared_with(layers, page):
    visitor = layers()
    note = visitor.tab.locator("[data-testid=told-note]")
    note.get_by_text("against the transcript’s letters").wait_for()
    said = "The old harbour was quiet, and the boats lay still upon the water."
    visitor.tab.evaluate("said => inside.choose({ reference: said })", said)
    note.get_by_text("the letters of the text you aligned").wait_for()
    scores = analysis_of(visitor, page).unit_scores(reference=said)
    told = visitor.id("chart-told").locator(".hx-chart-key b").all_inner_texts()
    assert told[2] == f"{scores.pnmi[-1]:.2f}"


def test_a_word_alone_has_no_scores_and_says_why(visit, root):
    visitor = visit()
    before = visitor.token
    visitor.open("Layers")
    visitor.upload(root / "assets" / "examples" / "stop.wav")
    visitor.wait_for_other_result(before)
    visitor.tab.locator("[data-testid=told-note]").get_by_text("are too few for").wait_for()
    assert visitor.id("chart-told").locator("svg").count() == 0
    chance = visitor.id("chart-alike").locator(".hx-chart-key")
    assert chance.all_inner_texts()[-1].startswith("by chance")


def test_a_press_on_a_curve_chooses_the_layer(layers, page):
    visitor = layers()
    # When the groups are there, all charts are drawn anew.
    visitor.tab.locator("[data-testid=told-note]").get_by_text("k-means clusters").wait_for()
    chart = visitor.id("chart-alike").locator("svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    visitor.tab.mouse.click(box["x"] + 41, box["y"] + 60)
    assert visitor.id("layer-name").inner_text() == "input"
    assert visitor.id("like-below").inner_text() == "–"
    chart = visitor.id("chart-alike").locator("svg")
    visitor.tab.mouse.click(box["x"] + box["width"] - 13, box["y"] + 60)
    curves = analysis_of(visitor, page).layer_curves()
    assert visitor.id("like-below").inner_text() == f"{curves.cosines[-1]:.2f}"
    assert f"{curves.cka[-1]:.2f}" in chart.get_attribute("aria-label")


def test_a_recording_too_short_for_a_map_has_curves_and_colours(visit, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.open("Layers")
    visitor.upload(write_wav("blip.wav", duration_s=0.12, seed=41))
    visitor.wait_for_other_result(before)
    visitor.tab.get_by_text("a map needs at least 10").wait_for()
    visitor.id("chart-size").locator("svg").wait_for()
    assert visitor.id("num-frames").inner_text() == "5"
    before = pixels(visitor, "[data-testid=strip] canvas")
    visitor.id("colouring").select_option("energy")
    assert pixels(visitor, "[data-testid=strip] canvas") != before
    assert not visitor.id("layer-map").is_visible()


def test_a_minute_of_sound_is_drawn_quickly(layers):
    """Three thousand dots: what is drawn for one step of the slider, not how long the server takes."""
    visitor = layers()
    took = visitor.tab.evaluate(
        """async () => {
            const [{ layerMap }, { colouringOf }] = await Promise.all(
              ["layers/map.js", "layers/colours.js"].map(inside.load));
            const tokens = Array(3000).fill("");
            const points = Float32Array.from({ length: 6000 }, () => Math.random());
            points.shape = [1, 3000, 2];
            const map = layerMap();
            document.querySelector(".hx-view-layers").prepend(map.element);
            const colouring = colouringOf("time", { tokens });
            const known = { part: { tokens }, layer: 0, shown: { points }, colouring };
            map.draw(known);
            const began = performance.now();
            for (let i = 0; i < 10; i++) map.repaint(known);
            map.element.querySelector("canvas").getContext("2d").getImageData(0, 0, 1, 1);
            map.element.remove();
            return (performance.now() - began) / 10;
        }"""
    )
    assert took < 250
