"""What is wrong with a network, if anything, and what to do: `Network.diagnose` and `chainrule.Diagnose`."""
