"""What people attach to a question: looked at before anybody believes it, kept where no web server finds it."""
