"""The models on offer, and the function by which the browser has one fetched."""

import time

import pytest

from hubert_demo.checkpoints import CHECKPOINTS, DEFAULT_CHECKPOINT, CheckpointStore, load
from hubert_demo.errors import CheckpointError, InputError
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


# --- python app.py ---


@pytest.fixture
def launched(monkeypatch):
    """What the command would have served, and how."""
    found = {}

    class Page:
        def __init__(self, checkpoint, directories, own_lessons, janitor):
            found.update(checkpoint=checkpoint, directories=list(directories), lessons=own_lessons)
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
        "server_name": None,
        "server_port": None,
    }


def test_directories_host_and_port_can_be_given(launched, tmp_path):
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
            "GRADIO_SERVER_PORT",
        )
    )
