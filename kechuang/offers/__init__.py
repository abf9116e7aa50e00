"""What research teams have to give: results, patents, experts and teams, published by
their unit.
"""
