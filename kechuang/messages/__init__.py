"""Word to a person that something waits for them, and where; never its content."""
