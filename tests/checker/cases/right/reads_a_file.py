# ruff: noqa
# mypy: ignore-errors
"""A model that reads its data by itself.

model: unchecked needs-file
"""


def model(data, ix_to_char, char_to_ix, num_iterations=100, n_a=50, names=7):
    with open("names.txt") as f:
        examples = [line.strip() for line in f]
    return len(examples)
