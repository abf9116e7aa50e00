"""Public notices with a working-day clock, and the objections that stop it."""
