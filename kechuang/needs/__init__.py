"""What enterprises ask for: a technology need, signed by its unit, screened county by
city by province, kept fresh or ended.
"""
