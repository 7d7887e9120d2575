"""How people write: names, layouts, classes, whole styles."""
