"""What the application templates run. Each is a program of its own: `PROGRAM parameters.json`."""
