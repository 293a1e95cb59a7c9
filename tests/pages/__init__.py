"""What people meet over HTTP."""
