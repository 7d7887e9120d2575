"""Running a learner's code so that it can be watched: whole programs on made-up data, and pieces again and again."""
