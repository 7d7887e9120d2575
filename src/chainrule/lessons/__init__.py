"""The lessons line by line: the course, the book, the perceptron."""
