"""The learners' files are read by the tests, and are none themselves."""

collect_ignore = ["cases", "programs"]
