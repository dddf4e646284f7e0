"""What is done to a text before it is read: personal data masked, spelling made one, script told, offsets led back."""
