"""In a real browser: recording, parts of long uploads, and what outlasts a reload."""

import re
import threading

# Not what Gradio asks of an upload's progress.
UPLOAD = re.compile("/gradio_api/upload([?]|$)")
REFUSING = """navigator.mediaDevices.getUserMedia =
  () => Promise.reject(new DOMException('refused', window.refusal));"""
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  const kept = window[name];
  const look = () => {
    if (window.allowed) return kept;
    throw new DOMException("refused", "SecurityError");
  };
  Object.defineProperty(window, name, { get: look });
}"""
INSECURE = "Object.defineProperty(Navigator.prototype, 'mediaDevices', { get: () => undefined });"


def test_a_recording_stops_by_itself_and_the_time_left_is_shown(visit):
    visitor = visit()
    before = visitor.token
    visitor.tab.evaluate("() => { inside.facts().max_duration_s = 1.5; }")
    visitor.tab.locator("#hx-recorder .record-button").click()
    visitor.tab.locator("#hx-recorder .stop-button:visible").wait_for()
    visitor.tab.wait_for_function(
        "/recording · [12] s left/.test(getComputedStyle(document.getElementById('hx-recorder'))"
        ".getPropertyValue('--hx-left'))"
    )
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith("Your recording")


def test_a_microphone_that_is_refused_gets_a_sentence(visit):
    visitor = visit(script=REFUSING)
    for name, told in [
        ("NotAllowedError", "The browser has blocked the microphone. Allow it next to the page’s address"),
        ("NotFoundError", "No microphone was found. Connect one"),
    ]:
        visitor.tab.evaluate("name => { window.refusal = name; }", name)
        visitor.tab.locator("#hx-recorder .record-button").click()
        visitor.id("alert").filter(has_text=told).wait_for()


def test_a_page_that_may_have_no_microphone_says_why(visit):
    visitor = visit(script=INSECURE)
    visitor.tab.locator("#hx-recorder .record-button").click()
    visitor.id("alert").filter(has_text="Open the page over https or on localhost").wait_for()


def test_parts_of_a_long_upload_are_chosen_and_analysed(visit, write_wav, hear_little):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_wav("long.wav", duration_s=65, seed=41))
    window = visitor.id("chooser-window")
    window.wait_for()
    assert visitor.id("chooser-why").inner_text() == (
        "This recording is 65 s long; the limit is 60 s. Choose a part."
    )
    window.press("ArrowRight")
    assert visitor.id("chooser-part").inner_text() == "0:01 to 1:01 of 1:05"
    window.press("End")
    box = visitor.id("chooser").bounding_box()
    visitor.tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    visitor.tab.mouse.down()
    visitor.tab.mouse.move(box["x"] + box["width"] / 2 - box["width"] * 2 / 65, box["y"] + 20)
    visitor.tab.mouse.up()
    assert visitor.id("chooser-part").inner_text() == "0:03 to 1:03 of 1:05"
    visitor.id("chooser-analyse").click()
    visitor.wait_for_other_result(before)
    assert "0:03 to 1:03 of 1:05" in visitor.id("notes").inner_text()
    first = visitor.token
    assert not window.is_visible()
    visitor.id("chooser-another").click()
    window.press("Home")
    window.press("Enter")
    visitor.wait_for_other_result(first)
    assert "0:00 to 1:00 of 1:05" in visitor.id("notes").inner_text()
    # The server keeps the upload for a while, the tab the offer.
    visitor.tab.reload()
    visitor.tab.wait_for_selector("body[data-hx-ready]")
    again = visitor.token
    visitor.id("chooser-another").click()
    window.press("End")
    window.press("Enter")
    visitor.wait_for_other_result(again)
    assert "0:05 to 1:05 of 1:05" in visitor.id("notes").inner_text()
    visitor.id("chooser-another").press("Escape")
    visitor.id("chooser-another").wait_for(state="hidden")
    assert visitor.tab.evaluate("sessionStorage.getItem('hx-offer')") is None


def test_another_recording_takes_the_chooser_away(visit, write_wav):
    visitor = visit()
    visitor.upload(write_wav("long.wav", duration_s=61, seed=45))
    visitor.id("chooser-window").wait_for()
    visitor.id("example-1").click()
    visitor.id("chooser-window").wait_for(state="hidden")


def test_a_reload_and_back_bring_the_same_result_back_and_the_last_ones_reopen(visit, page, encoder_passes):
    visitor = visit()
    greeting = visitor.token
    visitor.id("example-2").click()
    visitor.wait_for_other_result(greeting)
    second = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(second)
    with encoder_passes() as passes:
        visitor.tab.reload()
        visitor.tab.wait_for_selector("body[data-hx-ready]")
        assert page.examples[1].path.name in visitor.id("notes").inner_text()
        assert visitor.id("recent").count() == 2
        reloaded = visitor.token
        visitor.id("recent").nth(1).click()
        visitor.wait_for_other_result(reloaded)
        assert page.examples[2].path.name in visitor.id("notes").inner_text()
        visitor.tab.goto("about:blank")
        visitor.tab.go_back()
        visitor.tab.wait_for_selector("body[data-hx-ready]")
        assert page.examples[2].path.name in visitor.id("notes").inner_text()
    assert not passes


def test_a_result_that_a_drop_of_the_network_kept_back_is_shown_after_it(visit, page, monkeypatch):
    visitor = visit()
    before, analyse, may_end = visitor.token, page.analyse, threading.Event()
    monkeypatch.setattr(page, "analyse", lambda *given: may_end.wait(60) and analyse(*given))
    with visitor.tab.expect_request("**/queue/data?*"):
        visitor.id("example-2").click()
    visitor.tab.context.set_offline(True)
    try:
        may_end.set()
        visitor.id("alert").filter(has_text="cannot be reached").wait_for()
    finally:
        visitor.tab.context.set_offline(False)
    visitor.wait_for_other_result(before)
    assert page.examples[2].path.name in visitor.id("notes").inner_text()
    assert not visitor.id("alert").is_visible()
    assert all("ERR_INTERNET_DISCONNECTED" in problem for problem in visitor.problems)
    visitor.problems.clear()


def forget_what_the_network_caused(visitor):
    """Chromium and Gradio say that requests failed, which a visitor does not see."""
    # Its player does so when it was about to load a recording that has not been sent.
    known = ("ERR_", "Failed to fetch", "status of 5", "HTTP 5", "WaveSurfer initial load error: AbortError")
    assert all(any(each in problem for each in known) for problem in visitor.problems), visitor.problems
    visitor.problems.clear()


def record(visitor, then=lambda: None):
    visitor.tab.locator("#hx-recorder .record-button").click()
    stop = visitor.tab.locator("#hx-recorder .stop-button:visible")
    stop.wait_for()
    visitor.tab.wait_for_timeout(300)
    then()
    stop.click()


def test_recordings_that_the_network_kept_back_are_sent_when_it_is_back(visit):
    visitor = visit()
    before, offline = visitor.token, visitor.tab.context.set_offline
    try:
        record(visitor, then=lambda: offline(True))
        visitor.id("unsent").filter(has_text="your recording has not been sent").wait_for()
        record(visitor)
        visitor.id("unsent").filter(has_text="2 recordings have not been sent").wait_for()
        visitor.tab.locator("#hx-recorder .record-button:visible").wait_for()
        assert visitor.token == before
    finally:
        offline(False)
    visitor.id("recent").nth(1).wait_for()
    visitor.id("unsent").wait_for(state="hidden")
    assert visitor.id("notes").inner_text().startswith("Your recording")
    assert visitor.tab.evaluate("sessionStorage.getItem('hx-sending')") is None
    forget_what_the_network_caused(visitor)


def test_an_upload_whose_analysis_could_not_be_asked_for_is_sent_again(visit, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.tab.evaluate("window.isTheSame = true")
    visitor.tab.route("**/queue/join*", lambda route: route.abort(), times=1)
    visitor.upload(write_wav("asked.wav", seed=46))
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith("asked.wav")
    assert visitor.tab.evaluate("window.isTheSame")
    assert not visitor.tab.locator(".toast-body").count()
    forget_what_the_network_caused(visitor)


def test_where_answers_break_off_what_was_not_read_is_sent_again(visit, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.tab.evaluate("window.isTheSame = true")
    stream = {"content_type": "text/event-stream", "body": 'data: {"msg":"proc'}
    visitor.tab.route("**/queue/data*", lambda route: route.fulfill(**stream), times=1)
    visitor.upload(write_wav("answers.wav", seed=47))
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith("answers.wav")
    assert visitor.tab.evaluate("window.isTheSame")


def test_an_upload_that_the_server_could_not_take_is_sent_again_at_a_press(visit, write_wav):
    visitor = visit()
    before = visitor.token
    failing = {"status": 500, "body": "oops"}
    visitor.tab.route(UPLOAD, lambda route: route.fulfill(**failing), times=1)
    visitor.upload(write_wav("pressed.wav", seed=48))
    visitor.id("unsent").filter(has_text="could not take pressed.wav (status 500)").wait_for()
    visitor.id("send-again").click()
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith("pressed.wav")
    forget_what_the_network_caused(visitor)


def test_of_examples_picked_without_a_network_the_last_is_shown_after_it(visit, page):
    visitor = visit()
    before, offline = visitor.token, visitor.tab.context.set_offline
    rows = "[...document.querySelectorAll('#hx-examples button')]"
    pressed = f"{rows}.findIndex((row) => row.getAttribute('aria-pressed') === 'true')"
    offline(True)
    try:
        visitor.id("example-2").click()
        visitor.id("unsent").filter(has_text="comes when it is back").wait_for()
        visitor.id("example-1").click()
        visitor.tab.wait_for_function(f"{pressed} === 0")
    finally:
        offline(False)
    visitor.wait_for_other_result(before)
    assert page.examples[1].path.name in visitor.id("notes").inner_text()
    assert visitor.tab.evaluate(pressed) == 1
    forget_what_the_network_caused(visitor)


def test_a_reload_while_an_upload_is_on_its_way_is_told_once(visit, write_wav):
    visitor = visit()
    visitor.tab.route(UPLOAD, lambda route: None)
    visitor.upload(write_wav("early.wav", seed=49))
    visitor.tab.wait_for_function("sessionStorage.getItem('hx-sending')")
    visitor.tab.reload()
    visitor.id("alert").filter(has_text="early.wav was not received before the page was reloaded").wait_for()
    assert visitor.tab.evaluate("sessionStorage.getItem('hx-sending')") is None


def test_an_example_is_listed_by_its_name_and_by_the_words_of_the_better_reading(visit, page):
    visitor = visit()
    before = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(before)
    recent = visitor.id("recent")
    assert recent.locator("b").inner_text() == page.examples[1].title
    visitor.tab.wait_for_function("document.body.dataset.hxComplete")
    visitor.tab.evaluate("""() => {
      const said = ["another", "reading"];
      inside.clock.read(said.map((text, i) => ({ text, start_s: i / 5, end_s: (i + 1) / 5 })));
      inside.emit("read");
    }""")
    assert recent.locator("small").inner_text() == "another reading"


def test_an_analysis_goes_on_where_the_page_is_reloaded_meanwhile(
    visit, page, write_wav, encoder_passes, monkeypatch
):
    visitor = visit()
    analyse, may_end = page.analyse, threading.Event()
    monkeypatch.setattr(page, "analyse", lambda *given: may_end.wait(60) and analyse(*given))
    with encoder_passes() as passes:
        visitor.upload(write_wav("begun.wav", seed=43))
        visitor.id("status").filter(has_text="Analysing").wait_for()
        # Gradio does the same when a connection that was lost has come back.
        visitor.tab.reload()
        visitor.id("status").filter(has_text="Continuing").wait_for()
        may_end.set()
        visitor.tab.wait_for_selector("body[data-hx-ready]")
        assert visitor.id("notes").inner_text().startswith("begun.wav")
    assert len(passes) == 1
    visitor.tab.reload()
    visitor.tab.wait_for_selector("body[data-hx-ready]")
    assert visitor.id("notes").inner_text().startswith("begun.wav")
    assert visitor.tab.evaluate("sessionStorage.getItem('hx-begun')") is None
    # Gradio's client complains of its stream that the first reload ended.
    assert all("aborted" in problem or "errored out" in problem for problem in visitor.problems)
    visitor.problems.clear()


def test_a_page_that_may_keep_nothing_in_the_browser_works_all_the_same(visit):
    visitor = visit(script=NO_STORAGE)
    before = visitor.token
    visitor.id("example-2").click()
    visitor.wait_for_other_result(before)
    assert visitor.id("recent").count() == 1
    was_dark = visitor.tab.evaluate("document.body.classList.contains('dark')")
    visitor.id("theme").click()
    assert visitor.tab.evaluate("document.body.classList.contains('dark')") != was_dark
    visitor.tab.evaluate("window.allowed = true")


def test_what_the_server_has_forgotten_is_said_and_the_greeting_is_shown(visit, page):
    visitor = visit()
    # At once, since the page writes the example into its address as soon as there is something recent.
    with visitor.tab.expect_navigation():
        visitor.tab.evaluate("""() => {
          const recent = { ticket: "gone~gone", title: "mine.wav", words: "", duration_s: 1 };
          sessionStorage.setItem("hx-recents", JSON.stringify([recent]));
          location.reload();
        }""")
    visitor.id("alert").filter(has_text="no longer kept").wait_for()
    assert page.examples[0].path.name in visitor.id("notes").inner_text()
    assert visitor.id("recent").count() == 0


def test_a_map_of_an_earlier_choice_says_so_and_can_be_asked_for_again(visit):
    visitor = visit()
    visitor.open("Attention")
    visitor.tab.wait_for_selector("[data-shown]")
    visitor.id("head-1").wait_for()
    visitor.lose_the_server()
    visitor.id("head-1").click()
    visitor.id("attention-again").wait_for()
    assert "head 1" in visitor.id("attention-earlier").inner_text()
    visitor.leave_answers()
    visitor.problems.clear()
    visitor.id("attention-again").click()
    visitor.id("attention-earlier").wait_for(state="hidden")
