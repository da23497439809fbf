"""By what door: accounts, transports, caps and raw IMAP fetch."""
