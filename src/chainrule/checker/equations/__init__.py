"""What is right and how it usually goes wrong, on named quantities; examples are columns."""
