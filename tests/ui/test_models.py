"""The models on offer, and the function by which the browser has one fetched."""

import time
from pathlib import Path

import pytest

from hubert_demo.checkpoints import (
    CHECKPOINTS,
    DEFAULT_CHECKPOINT,
    CheckpointStore,
    HubRepository,
    fetch,
    load,
    resolve,
)
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.ui import models as models_module
from hubert_demo.ui import settings
from hubert_demo.ui.command import main
from hubert_demo.ui.janitor import KEPT_S
from hubert_demo.ui.models import Models, _progress_line
from hubert_demo.ui.views.base import APOLOGY
from hubert_demo.ui.waiting import Waiting

BASE = "facebook/hubert-base-ls960"


@pytest.fixture
def models(fresh_store):
    waiting = Waiting()
    yield Models(waiting, DEFAULT_CHECKPOINT, store=fresh_store)
    waiting.close()


@pytest.fixture
def ask(run_async):
    """Gives the server's answer to the browser."""
    return lambda models, request: run_async(models.fetching()(request))


@pytest.fixture
def ask_on(ask):
    """Asks again and again, as the browser does, until the answer is final; gives all answers."""

    def ask_on(models, checkpoint, begin=True):
        answers = []
        until = time.monotonic() + 60
        while time.monotonic() < until:
            answers.append(ask(models, {"checkpoint": checkpoint, "begin": begin and not answers}))
            if answers[-1].get("ready") or not answers[-1]["ok"]:
                return answers
        raise AssertionError("the fetch came to no end")

    return ask_on


def test_the_default_and_directories_join_the_registry(tmp_path):
    (tmp_path / "mine").mkdir()
    models = Models(Waiting(), DEFAULT_CHECKPOINT, [tmp_path / "mine"])
    assert models.default.name == DEFAULT_CHECKPOINT
    assert [spec.name for spec in models.offered] == [*(spec.name for spec in CHECKPOINTS), "mine"]
    assert models.find("mine").source == tmp_path / "mine"
    assert Models(Waiting(), tmp_path / "mine").default.name == "mine"
    with pytest.raises(CheckpointError, match="neither registered nor a directory"):
        Models(Waiting(), DEFAULT_CHECKPOINT, [tmp_path / "nowhere"])


@pytest.mark.parametrize("name", ["/etc", "../assets/hubert-explorer", "some/other", "", None, 3, ["a"], {}])
def test_what_is_not_offered_is_not_loaded(models, ask, name):
    with pytest.raises(InputError, match=r"There is no model .* on this page; choose one of hubert-explorer"):
        models.find(name)
    answer = ask(models, {"checkpoint": name, "begin": True})
    assert not answer["ok"]
    assert "There is no model" in answer["error"]


@pytest.mark.parametrize("request_", [None, [], "hubert-explorer", 7])
def test_strange_requests_get_a_sentence(models, ask, request_):
    answer = ask(models, request_)
    assert not answer["ok"]
    assert answer["error"] != APOLOGY


def test_what_is_not_here_can_be_found_but_not_used(models, unreachable_hub):
    assert models.find(BASE).name == BASE
    with pytest.raises(InputError, match=f"{BASE} is not on this server yet. Choose it on the page once"):
        models.find_here(BASE)
    assert models.find_here(DEFAULT_CHECKPOINT) is models.default


def test_a_fetch_tells_its_progress_and_is_shared(models, ask, ask_on, hub, write_checkpoint, tmp_path):
    hub.add(BASE, write_checkpoint(tmp_path / "base", "encoder", hidden_size=256))
    hub.may_go_on.clear()
    first = ask(models, {"checkpoint": BASE, "begin": True})
    assert first["ok"]
    assert not first["ready"]
    assert first["text"].startswith(("Asking the hub for", "Downloading"))
    second = ask(models, {"checkpoint": BASE, "begin": True})
    assert not second["ready"]
    assert not models.waiting.idle(0)
    hub.may_go_on.set()
    assert ask_on(models, BASE)[-1] == {"ok": True, "ready": True}
    assert models.waiting.idle(60)
    assert (
        len([file for command, file, _ in hub.requests if (command, file) == ("GET", "model.safetensors")])
        == 1
    )
    assert models.find_here(BASE).name == BASE


def test_the_line_of_progress_is_in_megabytes(models):
    spec = models.find("facebook/hubert-large-ls960-ft")
    line = _progress_line(spec, 310_400_000, 1_261_900_000)
    assert line == "Downloading facebook/hubert-large-ls960-ft: 310 of 1,262 MB"
    assert _progress_line(spec, 10, 10) == "Loading facebook/hubert-large-ls960-ft"


def test_an_unreachable_hub_is_a_sentence_and_the_next_visitor_tries_again(ask_on, unreachable_hub):
    tried = []
    store = CheckpointStore(load=lambda *arguments: tried.append(1) or load(*arguments))
    models = Models(Waiting(), DEFAULT_CHECKPOINT, store=store)
    answer = ask_on(models, BASE)[-1]
    assert not answer["ok"]
    assert "the hub cannot be reached" in answer["error"]
    # Whoever still waits hears of the same failure.
    assert ask_on(models, BASE, begin=False)[-1]["error"] == answer["error"]
    assert len(tried) == 1
    ask_on(models, BASE)
    assert len(tried) == 2
    models.waiting.close()


def test_the_picker_lists_titles_as_text(tmp_path):
    (tmp_path / "<b>&").mkdir()
    template = Models(Waiting(), DEFAULT_CHECKPOINT, [tmp_path / "<b>&"]).template()
    assert "<b>" not in template
    assert "&lt;b&gt;&amp;" in template
    assert template.count("<option") == len(CHECKPOINTS) + 1
    assert template.count(" selected") == 1


# --- any model of the hub ---


@pytest.fixture
def open_models(fresh_store):
    """Models of a page whose visitors may name others."""
    waiting = Waiting()
    yield Models(waiting, DEFAULT_CHECKPOINT, store=fresh_store, any_model=True)
    waiting.close()


def test_a_named_model_is_fetched_and_can_be_used_from_then_on(
    open_models, ask_on, hub, write_checkpoint, tmp_path
):
    hub.add("some/hubert", write_checkpoint(tmp_path / "saved", "encoder"))
    with pytest.raises(InputError, match="There is no model"):
        open_models.find_here("some/hubert")
    answers = ask_on(open_models, "some/hubert")
    assert answers[-1] == {"ok": True, "ready": True}
    assert all("some/hubert" in answer["text"] for answer in answers[:-1])
    assert open_models.find_here("some/hubert").source == HubRepository("some/hubert", is_public=True)
    hub.requests.clear()
    assert ask_on(open_models, "some/hubert")[-1]["ok"]
    assert hub.requests == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody/nothing", "no such public repository on the hub; check the spelling."),
        ("some/gated", "is gated; choose one that is open to everybody"),
        ("some/other", "is a 'wav2vec2' model; only HuBERT models can be opened"),
        ("not a name", "There is no model 'not a name' on this page"),
        ("/etc/passwd", "There is no model"),
    ],
)
def test_what_cannot_be_opened_is_told_and_may_be_asked_for_again(
    open_models, ask_on, hub, tmp_path, name, message
):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text('{"model_type": "wav2vec2"}')
    hub.add("some/other", tmp_path / "other")
    for _ in range(2):
        answer = ask_on(open_models, name)[-1]
        assert not answer["ok"]
        assert message in answer["error"]
    with pytest.raises(InputError, match="There is no model"):
        open_models.find(name)


def test_a_folder_of_the_server_is_never_opened_by_its_name(
    open_models, ask_on, hub, write_checkpoint, tmp_path, monkeypatch
):
    write_checkpoint(tmp_path / "some" / "private", "encoder")
    monkeypatch.chdir(tmp_path)
    assert "no such public repository" in ask_on(open_models, "some/private")[-1]["error"]


def test_what_the_operator_has_fetched_is_not_opened_where_strangers_may_not_see_it(
    open_models, ask_on, hub, write_checkpoint, tmp_path
):
    hub.add("some/private", write_checkpoint(tmp_path / "saved", "encoder"))
    fetch(resolve("some/private"))
    hub.repositories.clear()
    assert (
        "some/private is no public repository on the hub" in ask_on(open_models, "some/private")[-1]["error"]
    )


def test_a_page_opens_so_many_and_no_more(open_models, ask_on, hub, write_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(models_module, "MAX_NAMED", 1)
    folder = write_checkpoint(tmp_path / "saved", "encoder")
    for name in ("some/one", "some/two"):
        hub.add(name, folder)
    assert ask_on(open_models, "some/one")[-1]["ok"]
    assert "has opened 1 models from the hub already" in ask_on(open_models, "some/two")[-1]["error"]
    assert ask_on(open_models, "some/one")[-1]["ok"]


def test_names_that_nobody_has_do_not_fill_the_memory(open_models, ask_on, hub, monkeypatch):
    monkeypatch.setattr(models_module, "MAX_ENDED", 3)
    for number in range(6):
        ask_on(open_models, f"nobody/{number}")
    assert len(open_models._fetches) <= 4
    assert len(open_models._progress) <= 4


def test_the_field_is_there_where_it_is_switched_on(models, open_models):
    assert "hx-any-model" in open_models.template()
    assert "hx-any-model" not in models.template()


@pytest.mark.parametrize(
    ("arguments", "environment", "is_on"),
    [
        ([], {}, True),
        ([], {"SPACE_ID": "somebody/space"}, False),
        ([], {"SPACE_ID": "somebody/space", settings.ANY_MODEL_VARIABLE: "on"}, True),
        (["--any-model"], {"SPACE_ID": "somebody/space"}, True),
        ([], {settings.ANY_MODEL_VARIABLE: "0"}, False),
        (["--no-any-model"], {settings.ANY_MODEL_VARIABLE: "1"}, False),
    ],
)
def test_the_operator_switches_the_field(launched, monkeypatch, arguments, environment, is_on):
    for name in ("SPACE_ID", settings.ANY_MODEL_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    main(arguments)
    assert launched["any_model"] is is_on


def test_a_name_of_the_hub_is_served_and_what_is_wrong_with_it_is_said_at_once(
    launched, hub, write_checkpoint, tmp_path, capsys
):
    hub.add("some/hubert", write_checkpoint(tmp_path / "saved", "encoder"))
    main(["some/hubert"])
    assert launched["directories"] == [Path("some/hubert")]
    launched.clear()
    for name, message in (("nobody/nothing", "no such public repository"), ("some/gated", "is gated")):
        with pytest.raises(SystemExit):
            main([name])
        assert message in capsys.readouterr().err
    assert "server_name" not in launched


# --- python app.py ---


@pytest.fixture
def launched(monkeypatch):
    """What the command would have served, and how."""
    found = {}

    class Page:
        def __init__(self, checkpoint, directories, own_lessons, janitor, any_model):
            found.update(checkpoint=checkpoint, directories=list(directories), lessons=own_lessons)
            found.update(any_model=any_model)
            found.update(kept_s=janitor.kept_s)
            Models(Waiting(), checkpoint, directories)

        def launch(self, **options):
            found.update(options)

    monkeypatch.setattr("hubert_demo.ui.command.Page", Page)
    return found


def test_without_arguments_the_embedded_checkpoint_is_served_where_gradio_says(launched):
    main([])
    assert launched == {
        "checkpoint": DEFAULT_CHECKPOINT,
        "directories": [],
        "lessons": [],
        "kept_s": KEPT_S,
        "any_model": True,
        "server_name": None,
        "server_port": None,
    }


def test_directories_host_and_port_can_be_given(launched, tmp_path, write_checkpoint):
    write_checkpoint(tmp_path)
    main([str(tmp_path), "--host", "0.0.0.0", "--port", "7999", "--checkpoint", BASE])
    assert launched["directories"] == [tmp_path]
    assert (launched["checkpoint"], launched["server_name"], launched["server_port"]) == (
        BASE,
        "0.0.0.0",
        7999,
    )


def test_how_long_files_are_kept_can_be_given(launched):
    main(["--keep-minutes", "0.5"])
    assert launched["kept_s"] == 30


def test_a_missing_directory_ends_the_command_with_a_sentence(launched, capsys, tmp_path):
    with pytest.raises(SystemExit) as error:
        main([str(tmp_path / "nowhere")])
    assert error.value.code == 2
    assert "neither registered nor a directory" in capsys.readouterr().err
    assert "server_name" not in launched


def test_help_names_every_argument(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(
        word in text
        for word in (
            "DIR",
            "--checkpoint",
            "--host",
            "--port",
            "--keep-minutes",
            "--lesson",
            "--any-model",
            "GRADIO_SERVER_PORT",
        )
    )
