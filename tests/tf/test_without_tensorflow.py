"""Where TensorFlow is not installed, this package says what to install; nothing else asks for it."""

import subprocess
import sys

import pytest

HIDE = """
import importlib.util, sys

found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "tensorflow" else found(name, package)
sys.modules["tensorflow"] = None
"""


@pytest.mark.parametrize(
    "statement",
    ["import hubert_demo.tf", "from hubert_demo.tf import TFHubertForCTC", "import hubert_demo.tf.ctc"],
)
def test_importing_it_says_in_one_line_what_to_install(root, statement):
    done = subprocess.run([sys.executable, "-c", HIDE + statement], cwd=root, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: hubert_demo.tf needs TensorFlow; install it: pip install 'tensorflow-cpu>=2.20,<2.22'"
    )


def test_only_tensors_of_tensorflow_need_it(root):
    use = """
import numpy as np
from hubert_demo.model import Wav2Vec2FeatureExtractor
extractor = Wav2Vec2FeatureExtractor()
extractor(np.linspace(-1, 1, 800), return_tensors="np")
try:
    extractor(np.linspace(-1, 1, 800), return_tensors="tf")
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", HIDE + use], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "tensorflow" in done.stdout


def test_importing_the_package_does_not_load_tensorflow_or_torch(root):
    if not __import__("importlib.util").util.find_spec("tensorflow"):
        pytest.skip("TensorFlow is not installed")
    code = "import hubert_demo.tf, sys; print({'tensorflow', 'keras', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
