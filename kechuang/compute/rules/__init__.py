"""What may be asked for, run and charged; pure."""
