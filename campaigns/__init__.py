"""What goes out: workflow, enrolments, engine, outbox and numbers."""
