"""What a mail says: from the template that somebody wrote to the bytes that a server gets.

Read from the outside in: `rendering` is what the others call; `moulds` are nodes made ready once, `freezing` gathers a
person's values, `letters` fills and `mime` writes.
"""
