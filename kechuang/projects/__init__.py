"""What an award becomes: agreement, milestones with evidence, instalments of public
money and acceptance.
"""
