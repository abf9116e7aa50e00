"""What an award becomes: agreement, milestones with evidence, instalments of public money and
acceptance.

The unit that won drafts the agreement (任务书); its administrator and the department head sign it.
From then on milestones are reported with evidence, accepted by named people, and each passed gate
releases its instalment, which three different people request, review and pay.
"""
