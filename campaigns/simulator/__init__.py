"""The time machine: what a workflow would do with people, by a fake clock; it sends nothing and stores nothing.

`simulation` is the door: it loads (`loading`), then plays (`playing`) without a database. `scripts` is what the people
do, `lanes` when mails may leave, `stories` what comes out.
"""
