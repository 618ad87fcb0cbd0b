"""What a served page answers: named endpoints, private events, functions. The HTTP half of `answers.py`."""

import html
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from answers_files import save

CHECKPOINTS = ("hubert-explorer", "hubert-explorer-pretrained")
REFERENCE = "The old harbour was quiet"
HOTWORDS = "harbour boats"
MAP = {"method": "umap", "num_neighbours": 5, "metric": "cosine", "seed": 7}
CHOSEN = {
    "layer": 2,
    "attention_layer": 1,
    "head": 2,
    "colour": "unit",
    "num_units": 9,
    "seed": 3,
    "reference": "the old harbour",
    "hotwords": HOTWORDS,
}

# What is asked of each endpoint besides the recording; of one that is not named here, its defaults.
PARAMETERS: dict[str, tuple[dict[str, Any], ...]] = {
    "read": ({}, {"num_best": 3, "hotwords": HOTWORDS}),
    "align": ({"reference": REFERENCE}, {"reference": "Yes, stop!"}),
    "map_layers": ({}, MAP, {"method": "pca"}),
    "compare_layers": ({}, {"num_units": 7}),
    "attend": ({}, {"layer": 2, "head": 1}),
    "export": ({}, {key: CHOSEN[key] for key in ("layer", "attention_layer", "head", "reference")}),
}
REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("analyze", {"checkpoint": "gpt"}),
    ("read", {"num_best": 0}),
    ("read", {"num_best": 21}),
    ("read", {"hotwords": "word " * 51}),
    ("read", {"hotwords": "x" * 31}),
    ("align", {"reference": ""}),
    ("align", {"reference": "123"}),
    ("align", {"reference": "word " * 200}),
    ("map_layers", {"method": "astrology"}),
    ("map_layers", {"metric": "taxi"}),
    ("map_layers", {"num_neighbours": 1}),
    ("compare_layers", {"num_units": 1}),
    ("attend", {"layer": 99}),
    ("attend", {"head": 99}),
    ("export", {"layer": 99}),
    ("export", {"head": -1}),
)
# Every function of the page is asked all of these: each takes what it knows of them.
REQUESTS: tuple[dict[str, Any], ...] = (
    {**CHOSEN, **MAP, "format": "TextGrid", "choices": CHOSEN},
    {
        "layer": 0,
        "head": 0,
        "num_units": 20,
        **{**MAP, "method": "pca"},
        "reference": "",
        "hotwords": "",
        "format": "srt",
        "choices": {},
    },
    {"layer": 99, "head": 99, "num_units": "x", "method": "astrology", "format": "exe", "choices": []},
    {"reference": 7, "hotwords": 7, "layer": 0, "head": None, "num_units": 1, "choices": {"head": 99}},
)

Answer = dict[str, Any]


def record_page(recordings: list[Path], text: Path, out: Path, folder: Path) -> None:
    """The answers of a page that is served from the current directory in a process of its own."""
    from gradio_client import Client

    with served(folder) as url:
        client = Client(url, verbose=False, download_files=folder / "downloads")
        save(out / "endpoints", client.view_api(return_format="dict", print_info=False))
        for path in recordings:
            for checkpoint in CHECKPOINTS:
                record_endpoints(client, path, checkpoint, out / checkpoint / path.stem / "endpoints")
        refused = [(name, predict(client, name, recordings[0], more)) for name, more in REFUSED]
        refused += [("analyze", predict(client, "analyze", text, {}))]
        save(out / "refused", [{"endpoint": name, "answer": answer} for name, answer in refused])
        page = Page(client)
        save(out / "page", page.templates())
        for path in recordings:
            page.record(path, out)
        page.record_downloads(recordings[0], out / "downloads")
        client.close()


@contextmanager
def served(folder: Path, tree: Path | None = None, arguments: Sequence[str] = ()) -> Iterator[str]:
    """The page of the current directory, or of another working tree, on a free port.

    Its files go into `folder`, and so does its log.

    Args:
        folder: For uploads and log.
        tree: The working tree.
        arguments: More of them for `app.py`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = folder / "page.log"
    process = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port), *arguments],
        cwd=tree,
        env={**os.environ, "GRADIO_TEMP_DIR": str(folder / "uploads")},
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 300
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The page does not answer:\n{log.read_text()}")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def record_endpoints(client: Any, path: Path, checkpoint: str, out: Path) -> None:
    """Every named endpoint's answers about a recording, as it is by default and otherwise."""
    for name in client.view_api(return_format="dict", print_info=False)["named_endpoints"]:
        for number, parameters in enumerate(PARAMETERS.get(name.strip("/"), ({},))):
            answer = predict(client, name, path, {**parameters, "checkpoint": checkpoint})
            place = out / f"{name.strip('/')}-{number}"
            if isinstance(answer, str):
                zipfile.ZipFile(answer).extractall(place)
                answer = {"file": Path(answer).name}
            save(place, answer)


def predict(client: Any, name: str, path: Path, parameters: Mapping[str, Any]) -> Any:
    """What an endpoint answers, or the sentence by which it refuses."""
    from gradio_client import handle_file
    from gradio_client.exceptions import AppError

    try:
        return client.predict(handle_file(path), **parameters, api_name=f"/{name.strip('/')}")
    except AppError as error:
        return {"error": str(error)}


class Page:
    """The page as a browser drives it: private events over the queue, and the functions of its pieces.

    Its functions, the slower parts of a message and the list of files are found whatever they are called.

    Args:
        client: Connected to the page.
    """

    def __init__(self, client: Any) -> None:
        import httpx

        self._http = httpx.Client(base_url=client.src_prefixed, timeout=300)
        # One for all: tokens are of use to the session that they were given to.
        self._session = uuid.uuid4().hex
        self._events = {
            tuple(target): dependency["id"]
            for dependency in client.config["dependencies"]
            for target in dependency["targets"]
        }
        self._pieces = {
            piece["props"]["elem_id"]: piece
            for piece in client.config["components"]
            if str(piece["props"].get("elem_id")).startswith("hx-") and piece["type"] in ("html", "audio")
        }

    def templates(self) -> Answer:
        """The static HTML of every piece."""
        return {name: piece["props"].get("html_template") for name, piece in self._pieces.items()}

    def record(self, path: Path, out: Path) -> None:
        """Upload a recording, choose both checkpoints, and ask every function of every piece."""
        message = self._upload(path)
        for checkpoint in CHECKPOINTS:
            about = {"token": message["token"], "title": path.name, "checkpoint": checkpoint}
            message = self._message("hx-picker", "choose", [], about)
            shown = {key: value for key, value in message.items() if key not in ("token", "seconds")}
            save(out / checkpoint / path.stem / "page" / "message", shown)
            self._ask_everything(message, out / checkpoint / path.stem / "page")

    def _ask_everything(self, message: Answer, out: Path) -> None:
        token, checkpoint = message["token"], message["checkpoint"]
        lists = [value for value in message.values() if isinstance(value, list)]
        # A view and a speed each, or a name.
        found = next((items for items in lists if "timeline" in items or (items and "view" in items[0])), [])
        parts = [part if isinstance(part, dict) else {"name": part} for part in found]
        for name, piece in self._pieces.items():
            for function in piece["props"].get("server_fns", []):
                requests = [{"token": token, "checkpoint": checkpoint, **request} for request in REQUESTS]
                requests += [{"token": "gone", "checkpoint": "gpt"}, "?"]
                for number, request in enumerate(requests):
                    save(out / f"{name}.{function}-{number}", self._ask(piece, function, request))
                if name == "hx-session":
                    for part in parts:
                        answer = self._ask(piece, function, {"token": token, **part})
                        save(out / "-".join(["part", *part.values()]), answer)

    def record_downloads(self, path: Path, out: Path) -> None:
        """Every single file that the page offers about a recording, and what it says to strange wishes."""
        token = self._upload(path)["token"]
        listed = re.compile(r'data-\w+="(\[[^"]*\bfiles\b[^"]*\])"')
        name, found = next(
            (name, match)
            for name, template in self.templates().items()
            if template and (match := listed.search(template))
        )
        event = next(event for piece, event in self._events if piece == self._pieces[name]["id"])
        offered = [file for row in json.loads(html.unescape(found[1])) for file in row["files"]]
        offered += [{"name": "x", "format": "png"}, {**offered[0], "format": "exe"}]
        wishes = [{**file, "choices": CHOSEN} for file in offered]
        wishes += [{**offered[0], "choices": {"layer": 99}}, {**offered[0], "choices": {"colour": "x"}}]
        for wish in wishes:
            request = {"token": token, "title": path.name, **wish}
            (answer,) = self._trigger(name, event, [], request)
            if "file" in answer:
                content = self._http.get(f"file={answer['file']['path']}").content
                (out / answer["name"]).parent.mkdir(parents=True, exist_ok=True)
                (out / answer["name"]).write_bytes(content)
            else:
                choices = "-".join(f"{key}-{value}" for key, value in wish["choices"].items())
                save(out / f"{wish['name']}-{wish['format']}-{choices[:20]}", {"error": answer["error"]})

    def _upload(self, path: Path) -> Answer:
        """The message with the result of a recording by the default checkpoint."""
        with path.open("rb") as file:
            uploaded = self._http.post("upload", files={"files": (path.name, file)}).json()[0]
        sent = {"path": uploaded, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}
        return self._message("hx-recorder", "upload", [sent, None])

    def _message(self, *event: Any) -> Answer:
        """The last message that an event sends."""
        message = json.loads(self._trigger(*event)[0])
        if message["kind"] != "result":
            raise SystemExit(f"The page sent {message}")
        return dict(message)

    def _trigger(self, name: str, event: str, data: list[Any], about: Answer | None = None) -> list[Any]:
        """Run a private event over the queue: the values of its outputs."""
        piece, session = self._pieces[name]["id"], self._session
        body = {"data": data, "event_data": about, "fn_index": self._events[piece, event]}
        self._http.post(
            "queue/join", json={**body, "session_hash": session, "trigger_id": piece}
        ).raise_for_status()
        with self._http.stream("GET", "queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data:") or "{}")
                if message.get("msg") == "process_completed":
                    return list(message["output"]["data"])
        raise SystemExit(f"{name} never ended {event}.")

    def _ask(self, piece: Answer, function: str, request: Any) -> Any:
        """A piece's function, asked until its answer is ready."""
        body = {
            "component_id": piece["id"],
            "fn_name": function,
            "session_hash": self._session,
            "data": request,
        }
        answer = self._http.post("component_server", json=body).raise_for_status().json()
        while answer.get("ready") is False:
            answer = self._http.post("component_server", json=body).raise_for_status().json()
        return answer
