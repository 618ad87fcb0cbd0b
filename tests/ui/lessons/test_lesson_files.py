"""A lesson's file: what is read of it, and the sentence for each kind of mistake."""

import re

import pytest

from hubert_demo.ui.app import Page
from hubert_demo.ui.command import main
from hubert_demo.ui.examples import examples
from hubert_demo.ui.facts import facts
from hubert_demo.ui.lessons import FOLDER, ORDER, LessonError, lessons, read_lesson
from hubert_demo.ui.lessons.lesson import MAX_FILE_BYTES
from hubert_demo.ui.lessons.measures import MEASURES
from hubert_demo.ui.lessons.state import PICTURES, STATE

FILES = tuple(example.path.name for example in examples())

GOOD = """\
title: Mine
about: A lesson of my own.
minutes: 5
recordings: [charming.wav]
steps:
  - title: First
    state: {tab: layers, layer: 2, t: 0.5}
    text: There are {num_frames} frames.
    ask:
      question: How many letters?
      measure: num_letters
      within: 3
    reveal: There are {num_letters}.
  - title: Second
    state: "http://127.0.0.1:7860/?x=1#tab=attention&head=3&sort=most+diagonal"
    pictures: [attention, heads]
    text: Look.
    ask:
      question: Which kind is rarest?
      measure: rarest_kind
      choices: {global: Global, vertical: Vertical, diagonal: Diagonal}
    reveal: It is {rarest_kind}.
  - title: Third
    state: {tab: transcript, t: "{least_sure_time}"}
    text: Look again.
    ask:
      question: How many frames?
      measure: num_frames
      choices:
        - {says: Up to a hundred, below: 101}
        - {says: More}
    reveal: There are {num_frames}.
"""


def read(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return read_lesson(path, FILES)


def test_a_lesson_of_ones_own_is_read_as_it_is_written(tmp_path):
    lesson = read(tmp_path, GOOD)
    assert (lesson.name, lesson.title, lesson.minutes) == ("mine", "Mine", 5)
    first, second, third = lesson.steps
    assert first.state == {"tab": "layers", "layer": "2", "t": "0.5"}
    assert second.state == {"tab": "attention", "head": "3", "sort": "most diagonal"}
    assert (first.pictures, second.pictures) == ((), ("attention", "heads"))
    assert [choice.outcome for choice in second.question.choices] == ["global", "vertical", "diagonal"]
    assert [choice.below for choice in third.question.choices] == [101, None]
    assert (first.question.measure, first.question.within) == (MEASURES["num_letters"], 3)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title: Mine", "title: [Mine", r"line \d+: this is not YAML"),
        ("title: Mine", "title: Mine\ntitle: Yours", "line 2: 'title' stands here twice"),
        ("title: Mine\n", "", "line 1: 'title' is missing"),
        ("title: Mine", "title: 7", "line 1: 'title' is a text"),
        ("title: Mine", "titel: Mine", "line 1: there is no field 'titel' here; choose from title, about"),
        ("minutes: 5", "minutes: soon", "line 3: give minutes as a whole number"),
        ("minutes: 5", "minutes: true", "line 3: give minutes as a whole number"),
        ("[charming.wav]", "[mine.wav]", "line 4: 'mine.wav' is not one of the page's examples"),
        ("[charming.wav]", "[]", "line 4: 'recordings' is a list of at least one"),
        ("layer: 2,", "layers: 2,", "line 7: a state has no field 'layers'; choose from example"),
        ("tab: layers", "tab: leyers", "line 7: tab is 'leyers'; give one of transcript"),
        ("t: 0.5", "t: soon", "line 7: t is 'soon'; give a time in seconds"),
        ("state: {tab: layers, layer: 2, t: 0.5}", "state: 7", "line 7: 'state' is a list of fields"),
        (
            "pictures: [attention, heads]",
            "pictures: [attention, words]",
            "line 16: there is no picture 'words' on the tab attention; choose from attention, heads",
        ),
        ("pictures: [attention, heads]", "pictures: heads", "line 16: 'pictures' is a list of at least one"),
        ("{least_sure_time}", "{least_sure}", "line 24: nothing is measured under the name 'least_sure'"),
        ("{num_frames} frames", "{frames} frames", "line 8: nothing is measured under the name 'frames'"),
        ("{num_frames} frames", "{num_frames frames", "line 8: nothing is measured under the name ''"),
        ("measure: num_letters", "measure: letters", "line 11: nothing is measured under the name 'letters'"),
        ("      within: 3\n", "", "'num_letters' is a number: say how far off is still right"),
        ("within: 3", "within: -1", "line 12: 'num_letters' is a number"),
        ("measure: num_letters", "measure: longest_word", "line 12: 'within' is for predicted numbers"),
        ("diagonal: Diagonal}", "diagonals: Diagonal}", "line 21: there is no field 'diagonals' here"),
        (", diagonal: Diagonal}", "}", "line 21: 'diagonal' is missing"),
        (
            "measure: rarest_kind",
            "measure: longest_word",
            "line 21: there is no field|'longest_word' offers what is in the recording|'choices' is a list",
        ),
        ("    reveal: There are {num_letters}.\n", "", "line 6: a step that asks something needs 'reveal'"),
        ("below: 101", "below: many", "line 30: 'below' is a number"),
        ("        - {says: More}\n", "", "line 29: give two choices or more"),
        ("- {says: More}", "- {says: More, below: 5}", "line 29: give two choices or more"),
        (
            "  - title: First",
            "  - First\n  - title: First",
            "line 6: here stand the fields title, state, text",
        ),
    ],
)
def test_each_kind_of_mistake_gets_a_sentence_with_its_line(tmp_path, old, new, sentence):
    assert old in GOOD
    with pytest.raises(LessonError, match=re.compile(r"^mine\.yaml, " if "line" in sentence else "")) as told:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert re.search(sentence, str(told.value)), told.value


@pytest.mark.parametrize("text", ["", "just a text", "- a\n- b\n", "&a [*a]", "!!python/object:os.system {}"])
def test_whatever_is_no_lesson_gets_a_sentence(tmp_path, text):
    with pytest.raises(LessonError, match=r"mine\.yaml"):
        read(tmp_path, text)


def test_a_file_that_is_not_there_not_text_or_huge_gets_a_sentence(tmp_path):
    with pytest.raises(LessonError, match="cannot be read"):
        read_lesson(tmp_path / "none.yaml", FILES)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LessonError, match="cannot be read"):
        read_lesson(tmp_path / "bytes.yaml", FILES)
    with pytest.raises(LessonError, match="256 KB"):
        read(tmp_path, "#" * (MAX_FILE_BYTES + 1))


def test_the_page_s_lessons_are_in_order_and_one_s_own_may_take_a_place(tmp_path):
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(ORDER)
    assert [lesson.name for lesson in lessons(FILES)] == list(ORDER)
    own = tmp_path / "mine.yaml"
    own.write_text(GOOD, encoding="utf-8")
    instead = tmp_path / f"{ORDER[1]}.yaml"
    instead.write_text(GOOD, encoding="utf-8")
    offered = lessons(FILES, [own, instead])
    assert [lesson.name for lesson in offered] == [*ORDER, "mine"]
    assert offered[1].title == "Mine"


def test_every_field_of_a_link_but_those_of_the_lesson_itself_may_stand_in_a_state(root):
    fields = (root / "hubert_demo/ui/static/page/fields.js").read_text()
    _, _, table = fields.partition("export const FIELDS")
    table, _, _ = table.partition("];")
    names = re.findall(r'(?:name: |choice\()"(\w+)"', table)
    assert set(names) - {"lesson", "step", "present"} == set(STATE)


def test_whatever_a_step_may_be_about_the_page_finds(root):
    sight = (root / "hubert_demo/ui/static/lessons/sight.js").read_text()
    _, _, table = sight.partition("export const PICTURES")
    table, _, _ = table.partition("\n};")
    assert dict(re.findall(r'^  (\w+): \{\s*view: "(\w+)"', table, flags=re.MULTILINE)) == PICTURES


def test_a_question_may_quote_what_is_measured(tmp_path):
    quoting = GOOD.replace("How many letters?", "How many letters in {duration}?")
    assert "{duration}" in read(tmp_path, quoting).steps[0].question.text
    with pytest.raises(LessonError, match="nothing is measured under the name 'nonsense'"):
        read(tmp_path, GOOD.replace("How many letters?", "How many letters in {nonsense}?"))


def test_a_mistake_in_a_file_on_the_command_line_is_said_before_anything_is_served(
    tmp_path, monkeypatch, capsys
):
    served = []
    monkeypatch.setattr(Page, "launch", lambda page, **options: served.append(page))
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("minutes: 5", "minutes: soon"))
    for file, sentence in (
        (path, "mine.yaml, line 3: give minutes as a whole number"),
        (tmp_path / "none.yaml", "none.yaml cannot be read"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["--lesson", str(file)])
        assert ended.value.code == 2
        assert sentence in capsys.readouterr().err
    assert served == []


def test_lessons_on_the_command_line_are_offered_behind_the_page_s(tmp_path, build_page):
    names = ["mine", "other"]
    for name in names:
        (tmp_path / f"{name}.yaml").write_text(GOOD)
    page = build_page(own_lessons=[tmp_path / f"{name}.yaml" for name in names], views=())
    told = facts(page.examples, page.models, page.lessons)["lessons"]
    assert [each["name"] for each in told] == [*ORDER, *names]
    assert (told[-1]["num_steps"], told[-1]["num_questions"]) == (3, 3)
    page.close()


def test_the_readme_lists_what_can_be_asked_and_its_example_is_a_lesson(root, tmp_path):
    readme = (root / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", readme, flags=re.MULTILINE)
    listed = {name: (kind, what) for name, kind, what in rows if name in MEASURES}
    assert listed == {name: (measure.kind.name, measure.what) for name, measure in MEASURES.items()}
    (example,) = re.findall(r"^```yaml\n(title: .*?)^```", readme, flags=re.DOTALL | re.MULTILINE)
    assert len(read(tmp_path, example).steps) == 4
