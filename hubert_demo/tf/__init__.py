"""HuBERT for TensorFlow: Keras models on the same checkpoint files as the PyTorch ones.

Importing this package is cheap: TensorFlow and Keras are loaded when a name is first used.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from hubert_demo.lazy import hand_out

if TYPE_CHECKING:
    from hubert_demo.tf.ctc import TFHubertForCTC as TFHubertForCTC
    from hubert_demo.tf.model import TFHubertModel as TFHubertModel

if find_spec("tensorflow") is None:
    raise ImportError("hubert_demo.tf needs TensorFlow; install it: pip install 'tensorflow-cpu>=2.20,<2.22'")

_HOMES = {"TFHubertForCTC": "ctc", "TFHubertModel": "model"}

__all__ = list(_HOMES)

__getattr__ = hand_out(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
