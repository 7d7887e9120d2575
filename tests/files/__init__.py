"""Files that versions of chainrule wrote, which later versions must read."""
