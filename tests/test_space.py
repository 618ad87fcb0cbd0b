"""A Space: what the README's command sends to the hub, and the page that runs on exactly these files."""

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file

PATIENCE_S = 120
# Above this size, or where a file is no text, git is refused and large-file storage is needed.
LARGE = 10_000_000
HERE_ALREADY = {".gitattributes": b"*.safetensors filter=lfs", "hubert_demo/gone.py": b"raise SystemExit"}


class SpacesHub(ThreadingHTTPServer):
    """What of the hub `hf upload` needs: it keeps what it is sent, and serves no file to anybody.

    Attributes:
        created: What was asked to be created.
        checked: The texts whose front matter was checked.
        files: By path in the Space, what lies there.
        large: The paths of those that came by large-file storage.
        asked_for: Paths of files that somebody wanted to have.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.created, self.checked, self.asked_for = [], [], []
        self.files, self.large, self.stored = dict(HERE_ALREADY), set(), {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def commit(self, lines):
        for line in map(json.loads, lines):
            kind, said = line["key"], line["value"]
            if kind == "file":
                self.files[said["path"]] = base64.b64decode(said["content"])
            elif kind == "lfsFile":
                self.files[said["path"]] = self.stored[said["oid"]]
                self.large.add(said["path"])
            elif kind == "deletedFile":
                del self.files[said["path"]]


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/api/spaces/somebody/explorer/tree/main"):
            files = self.server.files.items()
            self.answer(
                [{"type": "file", "path": path, "size": len(data), "oid": ""} for path, data in files]
            )
        else:
            self.server.asked_for.append(self.path)
            # The hub's front door says so when nobody is behind it; the client tries 500 again and again.
            self.answer({"error": "out of order"}, 520)

    do_HEAD = do_GET

    def do_PUT(self):
        data = self.body()
        self.server.stored[hashlib.sha256(data).hexdigest()] = data
        self.answer({})

    def do_POST(self):
        data = self.body()
        match self.path:
            case "/api/repos/create":
                self.server.created.append(json.loads(data))
                self.answer({"url": f"{self.server.address}/spaces/somebody/explorer"})
            case "/api/validate-yaml":
                self.server.checked.append(json.loads(data)["content"])
                self.answer({"errors": [], "warnings": []})
            case "/api/spaces/somebody/explorer/preupload/main":
                self.answer({"files": [how_to_send(file) for file in json.loads(data)["files"]]})
            case "/spaces/somebody/explorer.git/info/lfs/objects/batch":
                upload = {"upload": {"href": f"{self.server.address}/storage"}}
                self.answer({"objects": [{**o, "actions": upload} for o in json.loads(data)["objects"]]})
            case "/api/spaces/somebody/explorer/commit/main":
                self.server.commit(data.splitlines())
                self.answer({"commitUrl": f"{self.server.address}/spaces/somebody/explorer", "commitOid": ""})
            case other:
                raise AssertionError(other)

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, said, status=200):
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_):
        """Say nothing."""


def how_to_send(file):
    """As the hub decides from a file's size and its first bytes."""
    try:
        base64.b64decode(file["sample"]).decode()
        is_text = b"\0" not in base64.b64decode(file["sample"])
    except UnicodeDecodeError as error:
        is_text = error.reason == "unexpected end of data"
    mode = "regular" if is_text and file["size"] < LARGE else "lfs"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}


def readme_commands(root):
    """The README's way to a Space, for one of somebody's who is logged in."""
    block = re.search(
        r"^hf auth login\n(.*?)^```", (root / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    return "set -e\n" + block[1].replace("USER/SPACE", "somebody/explorer")


def files_under(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def working_copy(root, tmp_path_factory):
    """A copy as people have it: with what programs left there, and with what is nobody's business."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("assets", "hubert_demo", "tests/drivers", ".ci"):
        shutil.copytree(
            root / name, copy / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__")
        )
    for path in root.iterdir():
        if path.is_file():
            shutil.copy(path, copy)
    for name in (
        ".env",
        "meeting.wav",
        "runs/ctc/checkpoint/model.safetensors",
        ".venv/lib/python3.12/site-packages/umap/app.py",
        "hubert_demo/__pycache__/api.cpython-312.pyc",
        "hubert_demo/ui/views/__pycache__/layers.cpython-312.pyc",
    ):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(b"\0secret")
    return copy


@pytest.fixture(scope="module")
def space(root, working_copy, tmp_path_factory):
    """A stand-in for the hub, after the README's commands were run against it by the real `hf`."""
    hub = SpacesHub()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path_factory.mktemp("hf")),
        "HF_TOKEN": "hf_nobody",
        "HF_HUB_OFFLINE": "0",
        # Else files go to large-file storage by a protocol that a stand-in cannot speak.
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    }
    command = ["bash", "-c", readme_commands(root)]
    done = subprocess.run(command, cwd=working_copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    yield hub
    hub.shutdown()
    hub.server_close()


@pytest.fixture(scope="module")
def page(space, tmp_path_factory):
    """A client of the page that was started as a Space starts it, while the hub fails.

    Of the checkpoint that was to be put there beforehand, half has come.
    """
    home = tmp_path_factory.mktemp("space")
    for name, data in space.files.items():
        (home / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "app" / name).write_bytes(data)
    begun = home / ".cache/huggingface/hub/models--facebook--hubert-base-ls960"
    config = home / "app/assets/hubert-explorer/config.json"
    for name, text in (("refs/main", "0" * 40), (f"snapshots/{'0' * 40}/config.json", config.read_text())):
        (begun / name).parent.mkdir(parents=True, exist_ok=True)
        (begun / name).write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    kept = {name: text for name, text in os.environ.items() if name not in ("PYTHONPATH", "HF_HUB_OFFLINE")}
    environment = {
        **kept,
        "HOME": str(home),
        "HF_HOME": str(home / ".cache/huggingface"),
        "HF_ENDPOINT": space.address,
        "SYSTEM": "spaces",
        "SPACE_ID": "somebody/explorer",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": port,
        "GRADIO_TEMP_DIR": str(home / "uploads"),
    }
    with (home / "log").open("w") as log:
        command = [sys.executable, "app.py"]
        process = subprocess.Popen(command, cwd=home / "app", env=environment, stdout=log, stderr=log)
    try:
        yield client_when_ready(process, f"http://127.0.0.1:{port}", home / "log")
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def client_when_ready(process, address, log):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            return Client(address, verbose=False)
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the page did not start: " + log.read_text())


def choose(page, checkpoint):
    """What the page says at last to somebody who chooses a checkpoint on it."""
    (picker,) = (
        component["id"]
        for component in page.config["components"]
        if "fetch" in (component["props"].get("server_fns") or ())
    )
    asked = {"session_hash": "a", "component_id": picker, "fn_name": "fetch"}
    answer = {"ok": True, "ready": False}
    until = time.monotonic() + PATIENCE_S
    while answer["ok"] and not answer["ready"] and time.monotonic() < until:
        asked["data"] = {"checkpoint": checkpoint, "begin": "data" not in asked}
        answer = httpx.post(f"{page.src}gradio_api/component_server", json=asked, timeout=PATIENCE_S).json()
    return answer


def test_the_space_has_what_the_page_needs_and_nothing_else(space, root, working_copy):
    expected = {"README.md", "LICENSE", "requirements.txt", "app.py", ".gitattributes"}
    expected |= {f"assets/{name}" for name in files_under(root / "assets")}
    for name in files_under(root / "hubert_demo"):
        if "__pycache__" not in name and name.split("/")[0] not in ("training", "benchmark", "tf"):
            expected.add(f"hubert_demo/{name}")
    assert space.files.keys() == expected
    assert not any(b"secret" in data[:10] for data in space.files.values())
    assert space.files["app.py"] == (root / "app.py").read_bytes()


def test_what_is_large_or_no_text_goes_to_large_file_storage(space):
    sizes = {path: len(data) for path, data in space.files.items()}
    assert {path for path, size in sizes.items() if size > LARGE} <= space.large
    assert {path for path in sizes if path.endswith((".safetensors", ".npz", ".png", ".wav"))} <= space.large
    for path in sizes.keys() - space.large:
        space.files[path].decode()


def test_the_readme_says_how_much_is_sent(space, root):
    (stated,) = re.findall(r"That is (\d+) MB\.", (root / "README.md").read_text())
    sent = sum(len(data) for path, data in space.files.items() if path not in HERE_ALREADY)
    assert abs(sent / 1e6 - int(stated)) <= 1


def test_the_space_keeps_its_own_attributes_and_loses_what_is_no_more(space):
    assert space.files[".gitattributes"] == HERE_ALREADY[".gitattributes"]
    assert "hubert_demo/gone.py" not in space.files


def test_the_space_is_made_for_gradio_on_zerogpu_and_its_front_matter_is_checked(space, root):
    made, made_sure_of = space.created
    assert made["hardware"] == "zero-a10g"
    for asked in space.created:
        assert (asked["type"], asked["name"], asked["sdk"]) == ("space", "explorer", "gradio")
    assert "hardware" not in made_sure_of
    assert set(space.checked) == {(root / "README.md").read_text()}


def test_a_page_with_these_files_alone_analyses_while_the_hub_fails(page, examples):
    heard = page.predict(recording=handle_file(examples[0]), api_name="/analyze")
    assert heard["transcript"]
    assert heard["keyword"]["label"]


def test_a_checkpoint_that_the_hub_does_not_give_is_a_sentence_and_the_page_goes_on(page, space, examples):
    answer = choose(page, "facebook/hubert-base-ls960")
    assert answer["error"].startswith("facebook/hubert-base-ls960 cannot be fetched")
    assert any("facebook/hubert-base-ls960" in path for path in space.asked_for)
    assert page.predict(recording=handle_file(examples[0]), api_name="/analyze")["transcript"]
