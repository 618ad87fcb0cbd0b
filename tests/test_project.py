"""The project's own files agree with each other."""

import json
import re
import subprocess
import tomllib

import pytest
import yaml

import hubert_demo
from hubert_demo.checkpoints import CHECKPOINTS, HubRepository


@pytest.fixture(scope="module")
def pyproject(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text()


@pytest.fixture(scope="module")
def front_matter(readme):
    _, head, _ = readme.split("---\n", 2)
    return yaml.safe_load(head)


def requirement_lines(path):
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def shell_commands(readme):
    """The README's shell lines, in order."""
    blocks = re.findall(r"^```bash\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_requirements_and_package_metadata_list_the_same_dependencies(root, pyproject):
    assert requirement_lines(root / "requirements.txt") == pyproject["project"]["dependencies"]


def test_test_requirements_begin_with_the_runtime_ones_and_hold_the_training_extra(root, pyproject):
    lines = requirement_lines(root / "tests" / "requirements.txt")
    assert lines[0] == "-r ../requirements.txt"
    assert set(pyproject["project"]["optional-dependencies"]["train"]) <= set(lines)


def test_transformers_is_no_runtime_dependency(root):
    assert not any(line.startswith("transformers") for line in requirement_lines(root / "requirements.txt"))


def test_package_and_metadata_state_one_version(pyproject):
    assert hubert_demo.__version__ == pyproject["project"]["version"]


def test_changelog_begins_with_the_current_version(root, pyproject):
    versions = re.findall(r"^## \[(.+?)\]", (root / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert versions[0] == pyproject["project"]["version"]


def test_tensorflow_is_required_alike_wherever_it_is_named(root, pyproject):
    (requirement,) = pyproject["project"]["optional-dependencies"]["tf"]
    for name in (".ci/run", "hubert_demo/tf/__init__.py", "tests/tf/conftest.py"):
        assert f"'{requirement}'" in (root / name).read_text()
    # The same with a GPU.
    assert f"'{requirement.replace('-cpu', '')}'" in (root / "README.md").read_text()


def test_first_readme_command_starts_the_page(readme):
    assert shell_commands(readme)[0].endswith("pip install -r requirements.txt && python app.py")


def test_ci_runs_the_second_readme_command(root, readme):
    command = shell_commands(readme)[1]
    assert command.endswith("python -m pytest")
    assert command in [line.strip() for line in (root / ".ci" / "run").read_text().splitlines()]


def test_every_row_of_the_table_of_faults_names_tests_that_exist(root):
    page = (root / "CONTRIBUTING.md").read_text()
    _, _, table = page.partition("| threat or fault | what happens | test |\n|---|---|---|\n")
    rows = [
        [cell.strip() for cell in row[1:-1].split("|")] for row in table.partition("\n\n")[0].splitlines()
    ]
    found = {
        name
        for path in (root / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert len(rows) > 40
    for fault, outcome, tests in rows:
        named = set(re.findall(r"`(test_\w+)`", tests))
        assert fault
        assert outcome
        assert named, f"no test for {fault}"
        assert named <= found, f"{named - found} for {fault}"
    # One table, and no test is named in words elsewhere that has gone.
    assert page.count("| threat or fault |") == 1
    assert set(re.findall(r"`(test_\w+)`", page)) <= found


@pytest.mark.parametrize("name", ["run", "long"])
def test_ci_script_is_executable_and_parses(root, name):
    script = root / ".ci" / name
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_readme_states_the_embedded_checkpoint_s_size(root, readme):
    config = json.loads((root / "assets" / "hubert-explorer" / "config.json").read_text())
    stated = re.search(r"\((\d+) layers, (\d+) wide, (\d+) heads\)", readme)
    names = ("num_hidden_layers", "hidden_size", "num_attention_heads")
    assert stated is not None
    assert tuple(map(int, stated.groups())) == tuple(config[name] for name in names)


def test_front_matter_is_what_spaces_reads(front_matter, root):
    assert front_matter["sdk"] == "gradio"
    assert front_matter["license"] == "apache-2.0"
    assert (root / front_matter["app_file"]).is_file()
    assert len(front_matter["short_description"]) <= 60
    assert {"title", "emoji", "colorFrom", "colorTo", "python_version"} <= front_matter.keys()


def test_front_matter_names_the_models_of_the_hub_and_what_to_fetch_of_one_beforehand(front_matter):
    on_hub = [spec.source.repo_id for spec in CHECKPOINTS if isinstance(spec.source, HubRepository)]
    assert front_matter["models"] == on_hub
    repo_id, files = front_matter["preload_from_hub"][0].split()
    assert repo_id in on_hub
    assert {"config.json", "preprocessor_config.json"} < set(files.split(","))


def test_gradio_of_the_space_satisfies_the_requirements(front_matter, root):
    from packaging.requirements import Requirement

    requirements = map(Requirement, requirement_lines(root / "requirements.txt"))
    gradio = next(requirement for requirement in requirements if requirement.name == "gradio")
    assert front_matter["sdk_version"] in gradio.specifier


def test_spaces_can_choose_each_torch_that_zerogpu_offers(root):
    from packaging.requirements import Requirement

    requirements = map(Requirement, requirement_lines(root / "requirements.txt"))
    torch = next(requirement for requirement in requirements if requirement.name == "torch")
    assert all(version in torch.specifier for version in ("2.8.0", "2.9.1", "2.10.0", "2.11.0", "2.13.0"))
