"""Kechuang (科创): the open platform on which a city or province runs its innovation."""
