"""Persian voice-of-customer analytics that an organisation runs itself, offline."""
