"""What the lab learns from: toy sets, gates, digits, sequences, one's own tables, and what is drawn on the page."""

from chainrule.lab.data_sets.choice import DataChoice
from chainrule.lab.data_sets.examples import Examples
from chainrule.lab.data_sets.store import DataSets

__all__ = ["DataChoice", "DataSets", "Examples"]
