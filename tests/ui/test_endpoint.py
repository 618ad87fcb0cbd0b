"""The public endpoint, driven by gradio_client against the launched page."""

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.endpoint import endpoint

# Gradio's own statistics call pandas in a way that pandas 3 dislikes.
pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")


@pytest.fixture(scope="module")
def client(page):
    client = Client(page.demo.local_url, verbose=False)
    yield client
    client.close()


def test_nothing_but_analyze_is_offered(client):
    described = client.view_api(return_format="dict", print_info=False)
    assert list(described["named_endpoints"]) == ["/analyze"]
    assert described["unnamed_endpoints"] == {}
    (parameter,) = described["named_endpoints"]["/analyze"]["parameters"]
    assert parameter["parameter_name"] == "recording"


def test_two_recordings_in_a_row_give_what_the_library_gives(client, examples):
    for path in examples[:2]:
        heard = client.predict(handle_file(path), api_name="/analyze")
        expected = analyze(path)
        assert heard["transcript"] == expected.transcript.text
        assert [word["text"] for word in heard["words"]] == [word.text for word in expected.transcript.words]
        assert heard["keyword"]["label"] == expected.keywords.label
        assert heard["keyword"]["probability"] == pytest.approx(expected.keywords.probability)
        assert sum(heard["keyword"]["probabilities"].values()) == pytest.approx(1)


def test_a_bad_file_gets_the_sentence_of_the_library(client, bad_file):
    with pytest.raises(InputError) as expected:
        Waveform.from_file(bad_file)
    with pytest.raises(AppError) as error:
        client.predict(handle_file(bad_file), api_name="/analyze")
    assert str(expected.value) in str(error.value)


@pytest.mark.parametrize(
    "recording",
    ["/etc/passwd", {"path": "/etc/passwd"}, {"path": "\0"}, {"path": 7}, {}, None, ["a"]],
)
def test_files_that_were_not_uploaded_are_none_of_the_callers_business(page, recording):
    with pytest.raises(Exception, match="not an uploaded file"):
        endpoint(page.results)(recording)


def test_a_path_on_the_server_cannot_be_asked_for(client, harbour):
    with pytest.raises(AppError):
        client.predict({"path": str(harbour)}, api_name="/analyze")


def test_the_page_survives_bad_input(client, bad_file, harbour):
    with pytest.raises(AppError):
        client.predict(handle_file(bad_file), api_name="/analyze")
    assert "transcript" in client.predict(handle_file(harbour), api_name="/analyze")
