"""What every test shares: three processes, no network but a hub in this one, small checkpoints."""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

ROOT = Path(__file__).resolve().parent.parent

# Models this small lose time to every thread but the first, and how a sum is split between threads shows in
# its last digits. Said here, because other conftests load the libraries that read it; numba, which would set
# OpenMP's number to its own, has to be told too.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the environment before any test module is imported; only `-m hub` may reach the network."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Each process looks for free ports where no other does.
    process = int(os.environ.get("PYTEST_XDIST_WORKER", FIRST).removeprefix("gw"))
    os.environ["GRADIO_SERVER_PORT"] = str(7860 + 100 * process)
    if process and hasattr(os, "nice"):
        # What the page computes for the browser has a low priority too, and would wait for these.
        os.nice(10)
    if config.getoption("markexpr") != "hub":
        os.environ["HF_HUB_OFFLINE"] = "1"


# --- three processes ---

FIRST = "gw0"

PAGE_TESTS = "tests/ui/"
BROWSER_TESTS = f"{PAGE_TESTS}test_browser"


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Three processes for the whole suite, one of which mostly waits; a part starts sooner in this one."""
    return 3 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the browser tests; the first process begins with them, then tests the page's server."""
    for item in items:
        if item.nodeid.startswith(BROWSER_TESTS):
            item.add_marker("browser")
    if hasattr(config, "workerinput"):
        places = (BROWSER_TESTS, PAGE_TESTS, "")
        items.sort(key=lambda item: [item.nodeid.startswith(place) for place in places], reverse=True)


class FromBothEnds(LoadFileScheduling):
    """The first process takes files from the beginning, the others from the end, until they meet.

    The browser tests, at the beginning, take half of the time, and much of that they wait: which leaves room
    for processes that compute, but not for a second browser. UMAP, which is compiled on first use, is first
    used by the page: when the other process needs it, it lies compiled on disk.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node.gateway.id != FIRST:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FromBothEnds:
    """Hand out the tests a file at a time, so that what a file's tests share is made once."""
    return FromBothEnds(config, log)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def missing():
    """Call it where a test's tool is missing: skips with the reason, but fails where CI=true."""

    def skip_or_fail(reason: str) -> None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{reason} (a skip elsewhere, a failure because CI=true)")
        pytest.skip(reason)

    return skip_or_fail


@pytest.fixture(scope="session")
def chromium(missing) -> str:
    """The path of the system's chromium, for playwright's `executable_path`."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return missing("no chromium on this machine; on Debian: apt-get install chromium")


@pytest.fixture(scope="session")
def examples(root) -> list[Path]:
    """The recordings that the page offers as examples."""
    paths = sorted(
        path for path in (root / "assets" / "examples").iterdir() if path.suffix in {".wav", ".flac"}
    )
    assert paths, "assets/examples holds no recordings"
    return paths


COMMIT = "0123456789abcdef0123456789abcdef01234567"
BYTES_AT_ONCE = 1 << 16


class Hub(ThreadingHTTPServer):
    """Serves files of repositories under the hub's addresses; counts requests.

    If told to, it says nothing, stops halfway, or breaks the connection off.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories = {}
        self.requests = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.breaks_off = False
        # It is asked this often whether to end.
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def add(self, name, directory, revisions=("main", COMMIT)):
        """Offer the files of a directory; a revision that is no commit stands for the first, or `COMMIT`."""
        files = {path.name: path.read_bytes() for path in directory.iterdir()}
        commit = next((revision for revision in revisions if len(revision) == 40), COMMIT)
        for revision in revisions:
            self.repositories[name, revision] = (commit, files)


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, with_body):
        self.server.may_answer.wait(60)
        owner, name, _, revision, file = self.path.strip("/").split("/")
        self.server.requests.append((self.command, file, revision))
        repository = f"{owner}/{name}"
        commit, files = self.server.repositories.get((repository, revision), (None, None))
        if repository == "some/gated":
            self.refuse(403, "GatedRepo")
        elif not any(known == repository for known, _ in self.server.repositories):
            self.refuse(404, "RepoNotFound")
        elif files is None:
            self.refuse(404, "RevisionNotFound")
        elif file not in files:
            self.refuse(404, "EntryNotFound", commit)
        else:
            self.send_response(200)
            self.send_header("X-Repo-Commit", commit)
            self.send_header("ETag", f'"{hashlib.sha1(files[file]).hexdigest()}"')
            self.send_header("Content-Length", str(len(files[file])))
            self.end_headers()
            if with_body:
                half = len(files[file]) // 2
                self.wfile.write(files[file][:half])
                if self.server.breaks_off:
                    return
                self.server.may_go_on.wait(60)
                self.wfile.write(files[file][half:])

    def refuse(self, status, code, commit=COMMIT):
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


def ask_for_the_hub_at(monkeypatch, port):
    """Make the hub's client ask 127.0.0.1, whatever an earlier test or the environment said."""
    import huggingface_hub.constants

    constants = huggingface_hub.constants
    address = f"http://127.0.0.1:{port}"
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", BYTES_AT_ONCE)
    huggingface_hub.close_session()
    return huggingface_hub


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A Hugging Face hub in this process, and an empty cache for what is fetched from it."""
    server = Hub()
    client = ask_for_the_hub_at(monkeypatch, server.server_port)
    monkeypatch.setattr(client.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield server
    server.may_go_on.set()
    server.may_answer.set()
    server.shutdown()
    server.server_close()
    client.close_session()


@pytest.fixture
def unreachable_hub(monkeypatch, tmp_path):
    """A port at which nobody answers, and an empty cache."""
    client = ask_for_the_hub_at(monkeypatch, 9)
    monkeypatch.setattr(client.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    # The client waits longer and longer before it tries again.
    monkeypatch.setattr("time.sleep", lambda _: None)
    yield
    client.close_session()


TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C")
COMMANDS = ("yes", "no", "_unknown_", "_silence_")


@pytest.fixture(scope="session")
def write_checkpoint():
    """Writes a small checkpoint of random weights as transformers does, with 20 ms between its frames."""
    import torch

    from hubert_demo.model import (
        HubertConfig,
        HubertForCTC,
        HubertForSequenceClassification,
        HubertModel,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
    )

    classes = {"ctc": HubertForCTC, "encoder": HubertModel, "classifier": HubertForSequenceClassification}

    def write(directory, kind="ctc", hidden_size=16, seed=0, labels=COMMANDS, **settings):
        config = HubertConfig(
            vocab_size=len(TOKENS),
            hidden_size=hidden_size,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=32,
            num_conv_pos_embeddings=16,
            num_conv_pos_embedding_groups=2,
            classifier_proj_size=8,
            id2label=dict(enumerate(labels)),
            **{"conv_dim": (8,) * 7, **settings},
        )
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            classes[kind](config).save_pretrained(directory)
        Wav2Vec2FeatureExtractor().save_pretrained(directory)
        if kind == "ctc":
            Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(TOKENS)}).save_pretrained(
                directory
            )
        return directory

    return write


@pytest.fixture
def encoder_passes():
    """Counts how often encoders run while a block lasts; arguments are loaded checkpoints.

    `with encoder_passes() as passes:` gives a list to which each pass of the embedded checkpoint's encoder
    adds that checkpoint's name.
    """
    from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load_checkpoint

    @contextmanager
    def count(*checkpoints) -> Iterator[list[str]]:
        passes: list[str] = []
        with ExitStack() as hooks:
            for loaded in checkpoints or [load_checkpoint(DEFAULT_CHECKPOINT)]:
                first_layer, name = loaded.encoder.encoder.layers[0], loaded.spec.name
                hook = first_layer.register_forward_hook(lambda *_, name=name: passes.append(name))
                hooks.callback(hook.remove)
            yield passes

    return count


@pytest.fixture
def fresh_store():
    """A store in which nothing is loaded yet, and from which nothing stays loaded for the next test."""
    from hubert_demo.checkpoints import CheckpointStore

    return CheckpointStore()
