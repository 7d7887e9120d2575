from .c_file import c as c
from .keras import to_keras as to_keras
from .numpy_script import numpy as numpy
from .onnx_file import onnx as onnx
from .pytorch import to_torch as to_torch
