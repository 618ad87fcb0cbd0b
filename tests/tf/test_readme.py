"""The README's example of the Keras models, and that the page does without TensorFlow where there is one."""

import re
import subprocess
import sys

import torch

from hubert_demo.audio import Waveform
from hubert_demo.model import HubertForCTC, Wav2Vec2Processor


def test_the_example_runs_as_it_is_printed(root):
    blocks = re.findall(r"^```python\n(.*?)^```", (root / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    (example,) = (block for block in blocks if "TFHubertForCTC" in block)
    code = example + "print(loss.shape, float(loss[0]))\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text, loss = done.stdout.splitlines()
    folder = root / "assets" / "hubert-explorer"
    processor, model = Wav2Vec2Processor.from_pretrained(folder), HubertForCTC.from_pretrained(folder)
    samples = Waveform.from_file(root / "assets" / "examples" / "stop.wav").samples
    with torch.no_grad():
        ids = model(**processor(samples, return_tensors="pt")).logits.argmax(-1)
    assert [text] == processor.batch_decode(ids) != [""]
    assert re.fullmatch(r"\(1,\) \d+\.\d+", loss)


USE_THE_PAGE = """
import os, sys
from hubert_demo import analyze
from hubert_demo.ui.app import Page

Page()
analyze("assets/examples/stop.wav").projections("umap")
print(sorted({"tensorflow", "keras", "umap"} & set(sys.modules)), flush=True)
os._exit(0)
"""


def test_the_page_and_its_maps_never_load_tensorflow(root):
    done = subprocess.run([sys.executable, "-c", USE_THE_PAGE], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['umap']"
