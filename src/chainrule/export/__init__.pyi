from .onnx_file import onnx as onnx
