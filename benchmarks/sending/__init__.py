"""How fast mail is sent: the limit of SMTP, what else there is, and the product, into one sink in one run."""
