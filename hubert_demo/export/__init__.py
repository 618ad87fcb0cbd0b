"""An analysis as files to take away: texts, numbers, pictures, and all of it in a zip."""

from hubert_demo.export.bundle import numbers, picture, script, write_folder, write_zip
from hubert_demo.export.choices import Choices
from hubert_demo.export.numbers import NUMBERS
from hubert_demo.export.pictures import PICTURES

__all__ = ["NUMBERS", "PICTURES", "Choices", "numbers", "picture", "script", "write_folder", "write_zip"]
