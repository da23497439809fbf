"""FluenzR: sequences of mail that stop at the right moment, and numbers that are right."""
