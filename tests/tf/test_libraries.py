"""Keras has to compute with TensorFlow."""

import os
import subprocess
import sys


def test_another_backend_of_keras_is_refused_in_one_sentence(root):
    code = "from hubert_demo.tf import TFHubertModel"
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-1] == (
        "hubert_demo.errors.ConfigError: Keras computes with torch; these models need TensorFlow. Set "
        "KERAS_BACKEND=tensorflow before Keras is imported."
    )
