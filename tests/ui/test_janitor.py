"""The folder of uploads: the page's own, with room in it or a sentence, and gone when the page ends."""

import asyncio
import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import gradio.mcp
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hubert_demo.errors import BusyError, InputError, MachineError
from hubert_demo.ui import command, janitor, log
from hubert_demo.ui.views.base import NO_ROOM

PATIENCE_S = 90


@pytest.fixture
def parent(monkeypatch, tmp_path):
    """Where folders for uploads are made."""
    monkeypatch.setenv(janitor.FOLDER_VARIABLE, str(tmp_path / "uploads"))
    monkeypatch.setattr(gradio.mcp, "DEFAULT_TEMP_DIR", "")
    return tmp_path / "uploads"


def test_the_page_has_a_folder_of_its_own(parent):
    folder = janitor.own_folder()
    assert folder.parent == parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.environ[janitor.FOLDER_VARIABLE] == gradio.mcp.DEFAULT_TEMP_DIR == str(folder)


def test_what_pages_that_were_killed_left_is_removed_and_nothing_else(parent):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    names = {
        f"hubert-explorer-{int(ended.stdout)}-abc": False,
        # The process that starts the page may have the number of one that was killed.
        f"hubert-explorer-{os.getpid()}-abc": False,
        f"hubert-explorer-{os.getppid()}-abc": True,
        "hubert-explorer-notes-1": True,
        "gradio": True,
    }
    for name in names:
        (parent / name).mkdir(parents=True)
        (parent / name / "recording.wav").touch()
    janitor.own_folder()
    assert {name: (parent / name / "recording.wav").exists() for name in names} == names


def test_where_no_folder_can_be_made_the_page_does_not_start(parent, tmp_path):
    (tmp_path / "uploads").write_text("A file, where not even root can make a folder.")
    with pytest.raises(
        MachineError, match=r"There is no folder for uploads: .* Set GRADIO_TEMP_DIR to a folder"
    ):
        janitor.own_folder()


def test_a_folder_with_room_is_no_problem(parent):
    assert janitor.room_problem(1000) is None


def test_a_disk_that_is_too_small_is_told_before_anything_is_sent(parent):
    assert janitor.room_problem(1 << 60).errno == errno.ENOSPC


def test_a_folder_that_cannot_be_written_is_told(monkeypatch):
    # In /proc nobody can, root included: permissions do not hold for root.
    monkeypatch.setenv(janitor.FOLDER_VARIABLE, "/proc/uploads")
    assert janitor.room_problem(1).errno in {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS}


# --- the door of the uploads ---


def door(keep, problem=lambda _: None):
    """An application that keeps uploads with a function, behind the door."""

    async def upload(request):
        keep(await request.body())
        return PlainTextResponse("kept")

    app = Starlette(
        routes=[Route("/gradio_api/upload", upload, methods=["POST"])],
        middleware=[Middleware(janitor.Uploads, problem=problem)],
    )
    return TestClient(app, raise_server_exceptions=False)


def test_an_upload_passes(parent):
    kept = []
    assert door(kept.append).post("/gradio_api/upload", content=b"sound").text == "kept"
    assert kept == [b"sound"]


def test_an_upload_without_room_is_refused_before_it_is_read(parent, caplog):
    kept, asked = [], []

    def problem(num_bytes):
        asked.append(num_bytes)
        return OSError(errno.ENOSPC, "No space left on device", "/secret/place")

    answer = door(kept.append, problem).post("/gradio_api/upload", content=b"sound")
    assert (answer.status_code, answer.text) == (507, NO_ROOM)
    assert (kept, asked) == ([], [5])
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_an_upload_that_fails_halfway_gets_the_sentence_and_leaves_nothing(parent, number):
    folder = janitor.own_folder()

    with (folder / "tmphalf").open("wb") as held:

        def fail(content):
            held.write(content)
            held.flush()
            raise OSError(number, os.strerror(number))

        answer = door(fail).post("/gradio_api/upload", content=b"sound")
        assert (answer.status_code, answer.text) == (507, NO_ROOM)
        assert list(folder.iterdir()) == []
        # Whoever still has it open takes no room.
        assert os.fstat(held.fileno()).st_size == 0


def test_a_bug_stays_a_bug(parent):
    def fail(content):
        raise ZeroDivisionError

    assert door(fail).post("/gradio_api/upload", content=b"sound").status_code == 500


def test_whole_uploads_stay(parent):
    folder = janitor.own_folder()

    def keep(content):
        (folder / "hash").mkdir()
        (folder / "hash" / "recording.wav").write_bytes(content)

    door(keep).post("/gradio_api/upload", content=b"sound")
    assert (folder / "hash" / "recording.wav").read_bytes() == b"sound"


def test_halves_of_a_broken_upload_leave_and_those_of_the_next_stay(parent):
    folder = janitor.own_folder()
    scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}

    async def breaks(scope, receive, send):
        (folder / "tmpbroken").touch()
        # No thread is free for the removal until the next upload has begun.
        threads = anyio.to_thread.current_default_thread_limiter()
        threads.total_tokens = 1
        await threads.acquire_on_behalf_of("the next upload")
        await PlainTextResponse("broken", 400)(scope, receive, send)

    async def visit():
        upload = asyncio.create_task(janitor.Uploads(breaks, lambda _: None)(scope, nothing, keep_nothing))
        threads = anyio.to_thread.current_default_thread_limiter()
        while not threads.statistics().tasks_waiting:
            await asyncio.sleep(0.01)
        (folder / "tmpnext").touch()
        threads.release_on_behalf_of("the next upload")
        await upload

    async def nothing():
        raise AssertionError("nothing is read")

    async def keep_nothing(message):
        pass

    # In a thread of its own: where browsers are tested, this one has a loop that runs.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(visit())).result()
    assert [path.name for path in folder.iterdir()] == ["tmpnext"]


def test_the_running_page_says_that_there_is_no_room_and_takes_the_next_upload(page, monkeypatch, harbour):
    url = f"{page.demo.local_url}gradio_api/upload"
    files = {"files": ("harbour.wav", harbour.read_bytes())}

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr("gradio.route_utils.NamedTemporaryFile", full)
        answer = httpx.post(url, files=files)
    assert (answer.status_code, answer.text) == (507, NO_ROOM)
    assert Path(httpx.post(url, files=files).json()[0]).read_bytes() == harbour.read_bytes()


def test_a_visitor_who_leaves_during_an_upload_is_no_error(page, caplog, capfd):
    begun = (
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: page\r\nContent-Length: 3000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        b'Content-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
    )
    caplog.set_level("INFO")
    with socket.create_connection((page.demo.server_name, page.demo.server_port)) as visitor:
        visitor.sendall(begun + bytes(100_000))
    until = time.monotonic() + PATIENCE_S
    while "a visitor left during an upload" not in caplog.text:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert "Traceback" not in caplog.text + capfd.readouterr().err


# --- what is read, and what nobody uses ---


def write(path, age_s=0.0, size=10, now_s=1e6):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (now_s - age_s, now_s - age_s))
    os.utime(path.parent, (now_s - age_s, now_s - age_s))
    return path


def test_an_upload_is_removed_once_it_is_read(parent):
    path = write(janitor.own_folder() / "hash" / "a.wav")
    cleaner = janitor.Janitor(lingers_s=0)
    cleaner.came([str(path)])
    assert cleaner.consume(path, Path.read_bytes) == bytes(10)
    cleaner.sweep()
    assert not path.exists()
    with pytest.raises(InputError, match="no longer kept on the server: uploads are removed"):
        cleaner.consume(path, Path.read_bytes)


def test_an_upload_that_is_no_sound_is_removed_too(parent):
    path = write(janitor.own_folder() / "hash" / "a.wav")
    cleaner = janitor.Janitor(lingers_s=0)
    cleaner.came([str(path)])
    with pytest.raises(ZeroDivisionError):
        cleaner.consume(path, lambda _: 1 / 0)
    cleaner.sweep()
    assert not path.exists()


def test_an_upload_that_was_refused_because_too_much_waits_stays(parent):
    path = write(janitor.own_folder() / "hash" / "a.wav")
    cleaner = janitor.Janitor(lingers_s=0)
    cleaner.came([str(path)])

    def refuse(_):
        raise BusyError("Try again.")

    with pytest.raises(BusyError):
        cleaner.consume(path, refuse)
    assert cleaner.consume(path, Path.read_bytes)


def test_of_equal_uploads_each_is_read(parent):
    path = write(janitor.own_folder() / "hash" / "a.wav")
    cleaner = janitor.Janitor(lingers_s=0)
    cleaner.came([str(path)])
    cleaner.came([str(path)])
    assert cleaner.consume(path, Path.read_bytes)
    assert cleaner.consume(path, Path.read_bytes)
    cleaner.sweep()
    assert not path.exists()


def test_an_upload_stays_for_a_moment_after_it_was_read_and_longer_if_it_comes_again(parent):
    now_s = [1e6]
    path = write(janitor.own_folder() / "hash" / "a.wav")
    cleaner = janitor.Janitor(kept_s=600, clock=lambda: now_s[0], lingers_s=10)

    def after(seconds):
        now_s[0] += seconds
        cleaner.sweep()
        return path.exists()

    cleaner.came([str(path)])
    cleaner.consume(path, Path.read_bytes)
    assert after(9)
    cleaner.came([str(path)])
    assert after(9)
    cleaner.consume(path, Path.read_bytes)
    assert after(9)
    assert not after(1)


def test_what_was_no_upload_is_not_removed(parent, harbour, tmp_path):
    path = write(tmp_path / "mine.wav")
    assert janitor.Janitor().consume(path, Path.read_bytes)
    assert path.exists()


def test_what_nobody_uses_is_removed_when_it_is_old_from_earlier_folders_too(parent):
    own = janitor.own_folder()
    earlier = own.with_name(f"hubert-explorer-{os.getppid()}-earlier")
    places = [own / "hash", own / "secret", own, earlier / "hash"]
    old = [write(place / "old.wav", age_s=601) for place in places]
    new = [write(place / "new.wav", age_s=599) for place in places[1:]]
    elsewhere = write(parent / "gradio" / "old.wav", age_s=9999)
    janitor.Janitor(kept_s=600, clock=lambda: 1e6).sweep()
    assert [path.exists() for path in old] == [False] * 4
    assert all(path.exists() for path in [*new, elsewhere])
    assert not (own / "hash").exists()


def test_the_folder_of_another_page_that_runs_is_its_own_affair(parent):
    """By its lock: in another container its process may have the number of one that ended, or this one's."""
    program = (
        "import os, sys; from hubert_demo.ui import janitor; os.getpid = lambda: int(sys.argv[1]); "
        "print(janitor.own_folder(), flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        path = write(Path(other.stdout.readline().strip()) / "hash" / "a.wav", age_s=601)
        janitor.own_folder()
        cleaner = janitor.Janitor(kept_s=600, max_bytes=0, clock=lambda: 1e6)
        cleaner.sweep()
        assert path.exists()
        other.kill()
    cleaner.sweep()
    assert not path.exists()


@pytest.mark.parametrize("number", [1, 10**9])
def test_links_are_not_followed(parent, tmp_path, number):
    theirs = write(tmp_path / "home" / "thesis.txt", age_s=9999)
    parent.mkdir()
    (parent / f"hubert-explorer-{number}-x").symlink_to(theirs.parent)
    folder = janitor.own_folder()
    (folder / "x").symlink_to(theirs.parent)
    (folder / "y").symlink_to(theirs)
    janitor.Janitor(clock=lambda: 1e6, max_bytes=0).sweep()
    assert theirs.exists()


def test_folders_of_other_users_are_left_alone(parent, monkeypatch):
    own = janitor.own_folder()
    theirs = write(parent / f"hubert-explorer-{10**9}-x" / "a.wav", age_s=9999)
    monkeypatch.setattr(os, "getuid", lambda: own.stat().st_uid + 1)
    janitor.Janitor(clock=lambda: 1e6).sweep()
    assert theirs.exists()
    monkeypatch.undo()
    monkeypatch.setenv(janitor.FOLDER_VARIABLE, str(own))
    janitor.Janitor(clock=lambda: 1e6).sweep()
    assert not theirs.exists()


def test_where_nothing_can_be_locked_the_number_of_the_process_decides(parent, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    janitor.own_folder()
    assert "cannot be locked" in caplog.text
    running, ended = (
        write(parent / f"hubert-explorer-{number}-x" / "a.wav", age_s=9999)
        for number in (os.getppid(), 10**9)
    )
    janitor.Janitor(clock=lambda: 1e6).sweep()
    assert (running.exists(), ended.exists()) == (True, False)


def test_where_all_takes_too_much_the_oldest_leave_first(parent):
    folder = janitor.own_folder()
    paths = [
        write(folder / name / "a.wav", age_s=age, size=100) for name, age in (("a", 3), ("b", 2), ("c", 1))
    ]
    janitor.Janitor(max_bytes=200, clock=lambda: 1e6).sweep()
    assert [path.exists() for path in paths] == [False, True, True]


def test_a_file_that_is_being_written_may_take_its_time(parent):
    folder = janitor.own_folder()
    writing = write(folder / "secret" / ".all.zip", age_s=3599)
    given_up = write(folder / "other" / ".all.zip", age_s=3601)
    janitor.Janitor(kept_s=10, clock=lambda: 1e6).sweep()
    assert writing.exists()
    assert not given_up.exists()


def test_a_folder_that_is_about_to_be_filled_stays(parent):
    folder = janitor.own_folder() / "hash"
    folder.mkdir()
    janitor.Janitor().sweep()
    assert folder.exists()


def test_in_a_folder_that_others_share_nothing_is_removed(monkeypatch, tmp_path):
    monkeypatch.setenv(janitor.FOLDER_VARIABLE, str(tmp_path / "gradio"))
    path = write(tmp_path / "gradio" / "theirs.wav", age_s=9999)
    janitor.Janitor(clock=lambda: 1e6).sweep()
    assert path.exists()


def test_it_clears_up_now_and_then_and_a_fault_does_not_end_that(parent, caplog):
    did, cleaner = threading.Semaphore(0), janitor.Janitor()

    def chore():
        did.release()
        raise ZeroDivisionError("the reason")

    cleaner.start(chore, every_s=0.001)
    assert all(did.acquire(timeout=PATIENCE_S) for _ in range(2))
    cleaner.close()
    assert "the reason" in caplog.text


def test_the_running_page_removes_an_upload_once_it_is_read_and_leaves_those_of_programs(
    page, write_wav, monkeypatch
):
    monkeypatch.setattr(page.janitor, "lingers_s", 0)
    url = f"{page.demo.local_url}gradio_api"
    # Gradio keeps equal files in one place, so nobody else may have sent this one.
    sent = write_wav(seed=270).read_bytes()
    path = httpx.post(f"{url}/upload", files={"files": ("a.wav", sent)}).json()[0]
    of_a_program = httpx.post(f"{url}/upload", files={"files": ("a.wav", sent)}).json()[0]
    assert path == of_a_program
    [*_, (shown, _)] = page.on_upload(path)
    assert json.loads(shown)["kind"] == "result"
    page.janitor.sweep()
    assert Path(path).exists()
    asked = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}, "hubert-explorer"]}
    for _ in range(2):
        event_id = httpx.post(f"{url}/call/analyze", json=asked).json()["event_id"]
        assert "event: complete" in httpx.get(f"{url}/call/analyze/{event_id}", timeout=PATIENCE_S).text
        assert Path(path).exists()
    [*_, (shown, _)] = page.on_upload(path)
    assert json.loads(shown)["kind"] == "result"
    page.janitor.sweep()
    assert not Path(path).exists()


# --- a program of its own ---


@pytest.fixture
def program(root, tmp_path):
    """Starts `python app.py` with its uploads in a folder; gives the process and its address."""
    started = []

    def start(**environment):
        port = str(7990 + len(started))
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", port],
            cwd=root,
            env={**os.environ, janitor.FOLDER_VARIABLE: str(tmp_path / "uploads"), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, f"http://127.0.0.1:{port}/gradio_api/upload"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def upload_when_ready(process, url, path):
    """Where a recording was kept, once the page answers."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert process.poll() is None, process.stderr.read()
        try:
            return Path(httpx.post(url, files={"files": (path.name, path.read_bytes())}).json()[0])
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the page did not start")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_page_and_leaves_no_recording_behind(program, harbour, tmp_path, number):
    process, url = program()
    kept = upload_when_ready(process, url, harbour)
    assert kept.is_relative_to(tmp_path / "uploads")
    assert kept.exists()
    process.send_signal(number)
    assert process.wait(5) == 128 + number
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


def test_a_page_that_can_keep_no_uploads_says_so_and_ends(parent, monkeypatch):
    # It would hold for this process, and so for other tests.
    monkeypatch.setattr(log, "configure", lambda: None)
    parent.write_text("A file, where a folder should be.")
    with pytest.raises(SystemExit) as ended:
        command.run()
    # A text ends the process with status 1 and stands in its standard error, without a traceback.
    said = ended.value.code
    assert isinstance(said, str)
    assert said.startswith("python app.py: There is no folder for uploads: ")
    assert "Traceback" not in said
