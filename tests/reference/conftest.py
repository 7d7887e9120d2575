"""The scripts in this folder need PyTorch: pytest does not import them."""

collect_ignore_glob = ["make_*.py"]
