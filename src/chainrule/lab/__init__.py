"""The lab: a page on this machine on which a network is built, trained, and seen number by number."""
