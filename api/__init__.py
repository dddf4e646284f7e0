"""The service and its page: HTTP around `voc`, which never imports this."""
