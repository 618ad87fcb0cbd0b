"""What operators set wrong ends the program with a sentence, before anything is loaded."""

import os
import socket
import subprocess
import sys

import pytest

from hubert_demo.errors import MachineError
from hubert_demo.ui import settings
from hubert_demo.ui.app import Page
from hubert_demo.ui.command import main


@pytest.fixture
def taken():
    """A port at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        *(
            (settings.PORT_VARIABLE, value, f"is {value!r}; give a whole number of 1 to 65535.")
            for value in ("abc", "-5", "0", "99999999", "", "65536", "٣")
        ),
        (
            settings.HOST_VARIABLE,
            "no such host",
            "is 'no such host', but this machine cannot listen there: ",
        ),
        (settings.HOST_VARIABLE, "203.0.113.1", "is '203.0.113.1', but this machine cannot listen there: "),
        (settings.HOST_VARIABLE, "x" * 70, "but this machine cannot listen there: "),
        (settings.ROOT_VARIABLE, "rooms", "is 'rooms'; give a path that begins with a slash"),
        (settings.ROOT_VARIABLE, "https://", "is 'https://'; give a path that begins with a slash"),
    ],
)
def test_a_value_that_makes_no_sense_gets_a_sentence(variable, value, said):
    with pytest.raises(MachineError) as error:
        settings.check({variable: value})
    assert str(error.value).startswith(variable)
    assert said in str(error.value)


@pytest.mark.parametrize("root", ["", "/", "/rooms/hear", "https://example.org/rooms"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_good_values_are_taken(host, root):
    environment = {settings.HOST_VARIABLE: host, settings.ROOT_VARIABLE: root, settings.PORT_VARIABLE: "7999"}
    settings.check(environment)
    assert settings.port(environment) == 7999
    settings.check({})
    assert settings.port({}) is None


def test_the_program_ends_with_status_2_and_without_a_traceback(root):
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=root,
        env={**os.environ, settings.PORT_VARIABLE: "abc"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "python app.py: error: GRADIO_SERVER_PORT is 'abc'; give a whole number of 1 to 65535.\n"
    )


def test_a_page_is_not_served_where_somebody_else_listens(page, taken):
    with pytest.raises(
        MachineError, match=f"cannot listen at '127.0.0.1', port {taken}: Address already in use"
    ):
        page.launch(server_port=taken)


@pytest.fixture
def unbuilt(monkeypatch):
    """Has the command serve a page that is not built, and is served as any other."""

    class Unbuilt(Page):
        def __init__(self, *_, **__):
            pass

    monkeypatch.setattr("hubert_demo.ui.command.Page", Unbuilt)


@pytest.mark.usefixtures("unbuilt")
@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_port_that_is_taken_gets_a_sentence_and_no_other_is_taken_instead(taken, way, capsys):
    given = settings.port({settings.PORT_VARIABLE: str(taken)})
    arguments, port = (["--port", str(taken)], 1) if way == "argument" else ([], given)
    with pytest.raises(SystemExit) as ended:
        main(arguments, port)
    assert ended.value.code == 2
    assert f"This machine cannot listen at '127.0.0.1', port {taken}: Address already in use." in (
        capsys.readouterr().err
    )


@pytest.mark.usefixtures("unbuilt")
def test_a_host_that_is_none_of_this_machine_s_gets_a_sentence(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--host", "no such host"])
    assert ended.value.code == 2
    assert "This machine cannot listen at 'no such host': " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        *((["--port", value], "give a whole number of 1 to 65535") for value in ("abc", "-5", "99999999")),
        *((["--keep-minutes", value], "above 0") for value in ("-5", "0", "nan", "inf", "x")),
    ],
)
def test_an_argument_that_makes_no_sense_gets_a_sentence(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["=".join(arguments)])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
