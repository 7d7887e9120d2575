"""What each layer becomes in ONNX: one file per family, and the table of them."""
