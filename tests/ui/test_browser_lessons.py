"""In a real browser: lessons and their answers."""

import json
import re
from functools import cache
from urllib.parse import parse_qsl

import pytest

import hubert_demo
from hubert_demo.api import analyze
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.ui.examples import FOLDER
from hubert_demo.ui.lessons.answers import told
from hubert_demo.ui.lessons.measures import MEASURES, Subject
from hubert_demo.ui.views import VIEWS

from .lesson_steps import FILES, FIRST, LESSONS, begin, wait_for_step

# What a step names of the page, read where it is.
STATE = """() => ({
  sort: 'head order', filter: 'all', ...inside.facts().choices, ...inside.store.choices,
  tab: inside.store.open, checkpoint: inside.store.result.checkpoint,
  t: inside.clock.time, example: inside.store.result.title, changes: inside.store.result.changes,
})"""


@cache
def analysed(recording, checkpoint):
    return analyze(FOLDER / recording, checkpoint=checkpoint)


def expected(step, recording):
    """What the page has to say of a step, computed beside it."""
    shown = analysed(recording, step.state.get("checkpoint", DEFAULT_CHECKPOINT))
    return told(step, Subject(shown, lambda checkpoint: analysed(recording, checkpoint)))


def answer(visitor, question, is_right):
    """Predict what is right, or something else."""
    right = question["right"]
    if question["choices"] is not None:
        number = right if is_right else (right + 1) % len(question["choices"])
        visitor.tab.locator("[data-testid=prediction] fieldset label").nth(number).click()
        said = question["choices"][number]
    else:
        wrong = right + question["within"] + 1
        if question["high"] is not None and wrong > question["high"]:
            wrong = right - question["within"] - 1
        value = right if is_right else wrong
        visitor.id("prediction-number").fill(f"{value:g}")
        said = f"{value:g}{'%' if question['unit'] == '%' else ''}"
    visitor.id("lesson-check").click()
    verdict = "Right." if is_right else "Not quite."
    assert visitor.id("verdict").inner_text() == f"{verdict} You said: {said}. Answer: {question['shown']}."
    return said


def assert_on_show(visitor, link):
    """What a step names is on show."""
    named = dict(parse_qsl(link, keep_blank_values=True))
    if "tab" in named:
        # A tab that opens is told of once it has been laid out.
        visitor.wait_until_open(named["tab"])
    if "changes" in named:
        # What is changed comes after all else.
        visitor.tab.wait_for_function(
            "wanted => inside.store.result.changes === wanted", arg=named["changes"]
        )
    state = visitor.tab.evaluate(STATE)
    for name, wanted in named.items():
        if isinstance(state[name], int | float):
            assert state[name] == pytest.approx(float(wanted), abs=1e-3), name
        else:
            assert state[name] == wanted, name


def go_through(visitor, lesson, recording):
    """Take a lesson to its end with right answers; gives what was said."""
    said = []
    for number, step in enumerate(lesson.steps, 1):
        wait_for_step(visitor, lesson, number)
        wanted = expected(step, recording)
        visitor.id("lesson-title").get_by_text(wanted["title"], exact=True).wait_for()
        assert visitor.id("lesson-text").inner_text() == wanted["text"]
        assert_on_show(visitor, wanted["link"])
        if wanted["question"] is not None:
            assert visitor.tab.get_by_text(wanted["reveal"]).count() == 0
            said.append((number, wanted, answer(visitor, wanted["question"], is_right=True)))
            assert visitor.id("lesson-reveal").inner_text() == wanted["reveal"]
        visitor.id("lesson-next").click()
    count = len(said)
    assert visitor.id("lesson-sum").inner_text() == f"{count} of {count} right."
    return said


def change_recording(visitor, recording):
    token = visitor.token
    visitor.id(f"example-{FILES.index(recording)}").click()
    visitor.wait_for_other_result(token)


# Its sweeps of three recordings, by the page and by the test, take a minute; other tests press through it.
SWEEPING = pytest.param("which-heads-matter", marks=pytest.mark.slow)


@pytest.mark.parametrize("name", [SWEEPING if each == "which-heads-matter" else each for each in LESSONS])
def test_a_lesson_is_taken_to_its_end_and_begun_again_about_other_recordings(visit, name):
    lesson = LESSONS[name]
    visitor = visit(link=f"&lesson={name}")
    go_through(visitor, lesson, lesson.recordings[0])
    last = max(number for number, step in enumerate(lesson.steps) if step.question is not None)
    step = lesson.steps[last]
    while visitor.id("lesson-count").inner_text() != f"{last + 1} of {len(lesson.steps)}":
        visitor.id("lesson-back").click()
    # Back at an answered step the answer is still there.
    assert visitor.id("verdict").inner_text().startswith("Right.")
    for recording in lesson.recordings[1:]:
        change_recording(visitor, recording)
        visitor.id("prediction").wait_for()
        wait_for_step(visitor, lesson, last + 1)
        wanted = expected(step, recording)
        assert_on_show(visitor, wanted["link"])
        answer(visitor, wanted["question"], is_right=False)
        assert visitor.id("lesson-reveal").inner_text() == wanted["reveal"]
    # The address needs no more than its hash, and a reload goes on where the visitor was.
    assert "?lesson" not in visitor.tab.url
    assert "&lesson=" not in visitor.tab.url.partition("#")[0]
    visitor.tab.wait_for_function("name => location.hash.includes(`lesson=${name}&step=`)", arg=name)
    visitor.tab.reload()
    wait_for_step(visitor, lesson, last + 1)
    assert visitor.id("verdict").inner_text().startswith("Not quite.")


def test_what_is_entered_stays_while_the_switches_of_a_step_are_tried(visit):
    lesson = LESSONS["which-heads-matter"]
    visitor = visit(link=f"#lesson={lesson.name}&step=3")
    wait_for_step(visitor, lesson, 3)
    visitor.id("prediction-number").fill("30")
    for _ in range(2):
        token = visitor.token
        visitor.id("switch-head_off:0.0").click()
        visitor.wait_for_other_result(token)
        wait_for_step(visitor, lesson, 3)
        assert visitor.id("prediction-number").input_value() == "30"
    visitor.id("lesson-check").click()
    assert "You said: 30." in visitor.id("verdict").inner_text()


def test_answers_are_downloaded_opened_again_and_shown_as_they_were_given(visit, tmp_path):
    visitor = visit()
    begin(visitor, FIRST)
    said = go_through(visitor, FIRST, "charming.wav")
    with visitor.tab.expect_download() as download:
        visitor.id("answers-download").click()
    assert download.value.suggested_filename == "first-look-answers.json"
    path = tmp_path / "answers.json"
    download.value.save_as(path)
    file = json.loads(path.read_text())
    assert (file["lesson"], file["title"], file["version"]) == (
        FIRST.name,
        FIRST.title,
        hubert_demo.__version__,
    )
    assert file["answers"] == [
        {
            "step": number,
            "title": wanted["title"],
            "question": wanted["question"]["text"],
            "prediction": prediction,
            "right_answer": wanted["question"]["shown"],
            "is_right": True,
            "recording": "charming.wav",
            "link": each["link"],
        }
        for (number, wanted, prediction), each in zip(said, file["answers"], strict=True)
    ]
    visitor.id("lesson-end").click()
    change_recording(visitor, "stop.wav")
    for bad in ({"kind": "other"}, {**file, "lesson": "none"}):
        (tmp_path / "bad.json").write_text(json.dumps(bad))
        visitor.id("lessons-open").click()
        visitor.id("answers-file").set_input_files(tmp_path / "bad.json")
        sentence = "not a file of answers" if "answers" not in bad else "this page does not have"
        visitor.id("answers-alert").get_by_text(sentence).wait_for()
        visitor.tab.keyboard.press("Escape")
    visitor.id("lessons-open").click()
    visitor.id("answers-file").set_input_files(path)
    for number, answered in enumerate(file["answers"], 1):
        visitor.id("lesson-count").get_by_text(f"{number} of {len(said)} answers").wait_for()
        card = visitor.id("lesson-card").inner_text()
        assert answered["question"] in card
        assert f"You said: {answered['prediction']}. Answer: {answered['right_answer']}." in card
        if answered["title"] == "What goes in":
            token = visitor.token
            visitor.id("answer-show").click()
            visitor.wait_for_other_result(token)
            visitor.wait_until_open("layers")
            assert_on_show(visitor, "example=charming.wav&tab=layers&layer=0&colour=energy")
        visitor.id("lesson-next").click()
    assert not visitor.id("lesson-card").is_visible()


def test_what_makes_no_sense_is_said_and_one_can_go_on_without_an_answer(visit):
    visitor = visit()
    begin(visitor, FIRST)
    wait_for_step(visitor, FIRST, 1)
    visitor.id("prediction-number").fill("many")
    visitor.tab.keyboard.press("Enter")
    field = visitor.id("prediction-number")
    assert visitor.tab.get_by_role("alert").filter(has_text="Enter a number, 0 or more.").count() == 1
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate("(field) => field === document.activeElement")
    visitor.id("lesson-next").click()
    wait_for_step(visitor, FIRST, 2)
    visitor.id("lesson-check").click()
    assert visitor.tab.get_by_role("alert").filter(has_text="Choose an answer first.").count() == 1
    visitor.tab.keyboard.press("Escape")
    assert not visitor.id("lesson-card").is_visible()
    assert visitor.tab.evaluate("document.activeElement.textContent") == "Lessons"
    # Of an address's lesson nothing is left then.
    visitor.tab.wait_for_function("!location.hash.includes('lesson')")


def test_a_lesson_that_the_page_does_not_have_is_named(visit):
    visitor = visit(link="&lesson=none")
    assert "“lesson=none”" in visitor.id("alert").inner_text()
    assert not visitor.id("lesson-card").is_visible()


def test_the_links_of_the_readme_s_plan_open_their_lessons(visit, page, root):
    readme = (root / "README.md").read_text()
    links = re.findall(r"\[([^\]]+)\]\(http://127\.0\.0\.1:7860/(\?lesson=[\w-]+)\)", readme)
    assert [name for _, name in links] == [f"?lesson={name}" for name in LESSONS]
    visitor = visit()
    for title, link in links:
        visitor.tab.goto(f"{page.demo.local_url}{link}")
        # Nobody leaves a page before it is there.
        visitor.tab.wait_for_selector("body[data-hx-ready]")
        visitor.tab.get_by_label(f"Lesson: {title}").wait_for()


OWN = """\
title: Mine
about: A lesson of my own.
minutes: 1
recordings: [stop.wav]
steps:
  - title: One word
    state: {tab: transcript, t: 0.1}
    text: There are {num_frames} frames.
    ask: {question: Which word is the longest, measure: longest_word}
    reveal: It is {longest_word}.
"""


@pytest.fixture
def own_page(build_page, serve_page, tmp_path):
    """A page with a lesson of a teacher's own, and a single tab."""
    (tmp_path / "mine.yaml").write_text(OWN)
    page = build_page(own_lessons=[tmp_path / "mine.yaml"], views=VIEWS[:1])
    serve_page(page)
    yield page
    page.close()


def test_a_lesson_of_one_s_own_begins_with_its_recording_and_says_what_that_cannot_tell(own_page, visit):
    visitor = visit(page=own_page, link="&lesson=mine")
    sentence = "Too few words were recognised in this recording to compare them."
    visitor.id("lesson-cannot").get_by_text(sentence).wait_for()
    num_frames = analysed("stop.wav", DEFAULT_CHECKPOINT).encoding.num_frames
    assert visitor.id("lesson-text").inner_text() == f"There are {num_frames} frames."
    assert_on_show(visitor, "example=stop.wav&tab=transcript&t=0.1")
    assert visitor.id("prediction").count() == 0
    visitor.id("lesson-next").click()
    assert visitor.id("lesson-sum").inner_text() == "No answers yet."


def test_one_line_of_the_steps_says_what_lessons_measure(visit):
    visitor = visit()
    subject = Subject(analysed("charming.wav", DEFAULT_CHECKPOINT), None)
    frames, blank, merged, letters = (
        MEASURES[name].kind.show(MEASURES[name].compute(subject))
        for name in ("num_frames", "blank_share", "num_merged", "num_letters")
    )
    assert visitor.id("steps-whole").inner_text() == (
        f"All {frames} frames: {blank} blank · {merged} cells after merging · {letters} letters and spaces"
    )


def test_terms_say_what_they_mean_in_each_view_and_in_lessons(visit):
    visitor = visit()
    visitor.open("Attention")
    term = visitor.tab.locator(".hx-view-attention .hx-term").first
    term.wait_for()
    word = term.get_attribute("data-term")
    meaning = visitor.tab.evaluate("word => inside.facts().glossary[word]", word)
    term.focus()
    visitor.tab.keyboard.press("Enter")
    assert visitor.id("meaning").inner_text().split("\n\n") == [word, meaning]
    visitor.tab.keyboard.press("Escape")
    assert not visitor.id("meaning").is_visible()
    assert term.evaluate("(term) => term === document.activeElement")
    # Each term once in a view, and nowhere where it is spoken by itself, or names something.
    for tab in visitor.tab.locator("#hx-tabs [role=tabpanel]").all():
        words = tab.locator(".hx-term").evaluate_all("all => all.map((one) => one.dataset.term)")
        assert len(words) == len(set(words))
    apart = "[role=status], [role=alert], h1, h2, h3, label, button"
    assert visitor.tab.locator(f":is({apart}) .hx-term").count() == 0
    begin(visitor, FIRST)
    wait_for_step(visitor, FIRST, 1)
    visitor.tab.locator(".hx-lesson-body .hx-term").first.click()
    assert visitor.id("meaning").is_visible()
    visitor.tab.keyboard.press("Escape")
    # Escape has closed what the term means, not the lesson.
    assert visitor.id("lesson-card").is_visible()
    visitor.id("lesson-end").click()
    visitor.id("lessons-open").click()
    visitor.id("open-glossary").click()
    listed = visitor.tab.locator("[data-testid=glossary] dt").all_inner_texts()
    assert listed == list(visitor.tab.evaluate("inside.facts().glossary"))
